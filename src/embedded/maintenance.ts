import type { JobWorker, Schedule } from "../core/jobs.ts";
import { jsonEquals } from "../core/json.ts";
import type { IndexEntry, Indexer } from "../core/recall-index.ts";
import type { MemoryRecord } from "../core/record.ts";
import type { IdPage } from "../core/store.ts";
import { FIRST_INSTANT, formatMilliseconds, type Instant } from "../core/time.ts";
import { type EmbeddedParts, present } from "./parts.ts";

/** Small enough that one round never holds the event loop or a write lock for long. */
const ROUND = 200;

/**
 * Deletes what has expired, and forgets the answers of idempotency keys that nobody repeats any more and the changes that
 * nobody follows any more. Expired things are invisible anyway; this gives their room back.
 */
async function removeExpired(parts: EmbeddedParts, stopped: () => boolean): Promise<void> {
  for (const tenant of await parts.records.tenants()) {
    while (!stopped() && (await parts.records.removeExpired(tenant, present(parts), ROUND)).length === ROUND);
    await forgetOld(parts, parts.idempotencyTtl, stopped, (before) =>
      parts.records.forgetAnswers(tenant, before, ROUND),
    );
    await forgetOld(parts, parts.changesTtl, stopped, (before) =>
      parts.records.forgetChanges(tenant, before, ROUND),
    );
  }
  while (!stopped() && (await parts.sessions.removeExpiredSessions(present(parts), ROUND)).length === ROUND);
}

/** Forgets in rounds what is older than so many seconds. */
async function forgetOld(
  parts: EmbeddedParts,
  seconds: number | null,
  stopped: () => boolean,
  forget: (before: Instant) => Promise<number>,
): Promise<void> {
  const before = instantAgo(parts, seconds);
  while (before !== null && !stopped() && (await forget(before)) >= ROUND);
}

/** So many seconds ago; null for never. */
function instantAgo({ clock }: EmbeddedParts, seconds: number | null): Instant | null {
  return seconds === null ? null : formatMilliseconds(Math.max(0, clock.now() - seconds * 1000));
}

/** Forgets the versions of records that are not to be kept any longer. */
async function forgetVersions(parts: EmbeddedParts, stopped: () => boolean): Promise<void> {
  const retention = { newest: parts.versionsKept, since: instantAgo(parts, parts.versionsTtl) };
  for (const tenant of await parts.records.tenants()) {
    let cursor: string | null = null;
    do {
      const page: IdPage = await parts.records.ids(tenant, { cursor, limit: ROUND });
      await parts.records.forgetVersions(tenant, page.ids, retention);
      cursor = page.cursor;
    } while (cursor !== null && !stopped());
  }
}

type RenewalParts = Pick<EmbeddedParts, "records" | "indexer">;

/**
 * Makes the index entries anew that another embedder or analyser made, while search goes on with the old ones. A record
 * that changes meanwhile keeps the entry its change made.
 */
export async function renewEntries(parts: RenewalParts, stopped: () => boolean): Promise<void> {
  const { embedder, analyzer } = parts.indexer;
  for (const tenant of await parts.records.tenants()) {
    while (!stopped()) {
      const ids = await parts.records.staleEntries(tenant, { embedder, analyzer, limit: ROUND });
      if (ids.length === 0) break;
      const renewed = await renewedEntries(parts, tenant, ids);
      await parts.records.reindex(tenant, renewed);
      // A model that gives no vector for a text would otherwise be asked for ever.
      if (renewed.every(({ entry }) => entry.vector === null)) break;
    }
  }
}

async function renewedEntries({ records, indexer }: RenewalParts, tenant: string, ids: readonly string[]) {
  // What has expired is renewed too, or it would be named as stale until it is removed.
  const found = (await records.read(tenant, ids, { now: FIRST_INSTANT })).filter((record) => record !== null);
  // Read after the records: a vector is kept only with the version that it was made for or a later one.
  const present = await records.indexedById(tenant, ids);
  const vectors = new Map(
    present.map(({ id, entry }) => [id, entry.embedder === indexer.embedder ? entry.vector : null] as const),
  );
  const analysed = found.filter(({ id }) => vectors.get(id));
  const embedded = found.filter(({ id }) => !vectors.get(id));
  const entries = await indexer.entries(embedded);
  return [
    ...analysed.map((record) => ({
      record,
      entry: entryWith(indexer, record, vectors.get(record.id) ?? null),
    })),
    ...entries.map((entry, index) => ({ record: embedded[index] as MemoryRecord, entry })),
  ].map(({ record: { id, version }, entry }) => ({ id, version, entry }));
}

/** Only analysed anew: embedding again would give the same vector, and may cost much. */
function entryWith(indexer: Indexer, record: MemoryRecord, vector: Float32Array | null): IndexEntry {
  const { embedder, analyzer } = indexer;
  return { embedder, analyzer, vector, features: indexer.features(record) };
}

/** Every minute, what has expired is removed. */
const SWEEP: Schedule = { name: "remove-expired", kind: "remove-expired", every: 60 };

/** Every hour: it looks at every record. */
const VERSIONS_SWEEP: Schedule = { name: "forget-versions", kind: "forget-versions", every: 3600 };

/** Does the upkeep of a memory, as jobs: each runs in one of the processes that share the memory. */
export function startMaintenance(parts: EmbeddedParts, concurrency: number): JobWorker {
  return parts.jobs.work(
    {
      "remove-expired": async ({ signal }) => {
        await removeExpired(parts, () => signal.aborted);
        signal.throwIfAborted();
      },
      "forget-versions": async ({ signal }) => {
        await forgetVersions(parts, () => signal.aborted);
        signal.throwIfAborted();
      },
      "renew-entries": async ({ payload, signal }) => {
        const { embedder, analyzer } = parts.indexer;
        // Whoever is set up with the other embedder asks again when it opens the memory.
        if (!jsonEquals(payload, { embedder, analyzer }))
          return parts.logger.warn({ payload }, "Index entries are wanted of another embedder than this one");
        await renewEntries(parts, () => signal.aborted);
        signal.throwIfAborted();
      },
    },
    { concurrency, schedules: schedulesOf(parts) },
  );
}

function schedulesOf({ autoCleanup, versionsTtl, versionsKept }: EmbeddedParts): Schedule[] {
  if (!autoCleanup) return [];
  return versionsTtl === null && versionsKept === null ? [SWEEP] : [SWEEP, VERSIONS_SWEEP];
}

/** Asks for new index entries when there are any that another embedder or analyser made. */
export async function requestRenewal({ records, indexer, jobs }: EmbeddedParts): Promise<void> {
  const { embedder, analyzer } = indexer;
  for (const tenant of await records.tenants()) {
    const stale = await records.staleEntries(tenant, { embedder, analyzer, limit: 1 });
    if (stale.length === 0) continue;
    const key = JSON.stringify([embedder, analyzer]);
    await jobs.enqueue({ kind: "renew-entries", key, payload: { embedder, analyzer } });
    return;
  }
}
