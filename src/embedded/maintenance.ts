import { type EmbeddedParts, present } from "./parts.ts";

/** Small enough that one round never holds the event loop or a write lock for long. */
const ROUND = 200;

/** Deletes what has expired. Expired things are invisible anyway; this gives their room back. */
export async function removeExpired(parts: EmbeddedParts, stopped: () => boolean): Promise<void> {
  for (const tenant of await parts.records.tenants()) {
    while (!stopped() && (await parts.records.removeExpired(tenant, present(parts), ROUND)).length === ROUND);
  }
  while (!stopped() && (await parts.sessions.removeExpiredSessions(present(parts), ROUND)).length === ROUND);
}

/**
 * Makes the index entries anew that another embedder or analyser made, while search goes on with the old ones. A record
 * that changes meanwhile keeps the entry its change made.
 */
export async function renewEntries(parts: EmbeddedParts, stopped: () => boolean): Promise<void> {
  const { embedder, analyzer } = parts.indexer;
  for (const tenant of await parts.records.tenants()) {
    while (!stopped()) {
      const ids = await parts.records.staleEntries(tenant, { embedder, analyzer, limit: ROUND });
      if (ids.length === 0) break;
      const stale = await parts.records.indexedById(tenant, ids);
      const entries = await parts.indexer.entries(stale.map((item) => item.record));
      // A model that gives no vector for a text would otherwise be asked for ever.
      const renewed = stale.flatMap(({ record }, index) => {
        const entry = entries[index];
        return entry ? [{ id: record.id, version: record.version, entry }] : [];
      });
      await parts.records.reindex(tenant, renewed);
      if (renewed.every(({ entry }) => entry.vector === null)) break;
    }
  }
}

/** How often expired things are removed, in milliseconds. */
const SWEEP_INTERVAL = 60_000;

/** Runs maintenance now and from time to time; gives the function that stops it. */
export function startMaintenance(
  parts: EmbeddedParts,
  run: (what: string, work: () => Promise<unknown>) => void,
): () => void {
  let stopped = false;
  const isStopped = () => stopped;
  run("renew index entries", () => renewEntries(parts, isStopped));
  run("remove what has expired", () => removeExpired(parts, isStopped));
  const timer = setInterval(() => {
    run("remove what has expired", () => removeExpired(parts, isStopped));
  }, SWEEP_INTERVAL);
  // A program that has nothing else to do must be able to end.
  (timer as { unref?: () => void }).unref?.();
  return () => {
    stopped = true;
    clearInterval(timer);
  };
}
