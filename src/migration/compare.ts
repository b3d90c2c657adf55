import { EVERYTHING } from "../core/filter/filter.ts";
import type { MemoryRecord } from "../core/record.ts";
import type { Store } from "../core/store.ts";
import type { Instant } from "../core/time.ts";
import { allAliases, present, sideBySide, tenantsOf } from "./migrate.ts";
import { sameRecord, sameSession, sameVersion } from "./sameness.ts";
import { allSessions } from "./sessions.ts";

/** What two stores were found to be. */
export interface Comparison {
  readonly tenants: number;
  readonly records: number;
  readonly sessions: number;
  readonly aliases: number;
  /** One sentence for each thing that differs. */
  readonly differences: readonly string[];
}

/** Compares everything that lives in two stores: records with their histories, aliases, sessions. */
export async function compareStores(one: Store, other: Store, signal: AbortSignal): Promise<Comparison> {
  const now = present();
  const differences: string[] = [];
  const counts = { tenants: 0, records: 0, sessions: 0, aliases: 0 };
  const tenants = new Set([...(await tenantsOf(one)), ...(await tenantsOf(other))]);
  for (const tenant of tenants) {
    const differs = (what: string, id: string) =>
      differences.push(`${what} ${JSON.stringify(id)} of tenant ${JSON.stringify(tenant)} differs.`);
    counts.tenants++;
    for await (const page of pagesOf(one, tenant, now)) {
      signal.throwIfAborted();
      counts.records += page.length;
      const found = await other.read(
        tenant,
        page.map(({ id }) => id),
        { now },
      );
      const pairs = page.map((record, index) => ({ record, found: found[index] }));
      await sideBySide(pairs, async (pair) => {
        const { id } = pair.record;
        if (!sameRecord(pair.record, pair.found) || !(await sameHistory(one, other, tenant, id)))
          differs("The record", id);
      });
    }
    const [here, there] = await Promise.all(
      [one, other].map((store) => store.count(tenant, { filter: EVERYTHING, now })),
    );
    if (here !== there)
      differences.push(`Tenant ${JSON.stringify(tenant)} has ${here} records here, ${there} there.`);
    const targets = new Map((await allAliases(other, tenant)).map(({ id, target }) => [id, target]));
    for (const { id, target } of await allAliases(one, tenant)) {
      counts.aliases++;
      if (targets.get(id) !== target) differs("The alias", id);
    }
    const sessions = await allSessions(one, tenant, now);
    counts.sessions += sessions.length;
    await sideBySide(sessions, async ({ sessionId, namespace, userId }) => {
      signal.throwIfAborted();
      const key = { tenant, namespace, userId, sessionId };
      const [mine, theirs] = await Promise.all([one, other].map((store) => store.readSession(key, { now })));
      if (!sameSession(mine ?? null, theirs ?? null, now)) differs("The session", sessionId);
    });
    const { total } = await other.listSessions(tenant, { now, limit: 1, offset: 0 });
    if (total !== sessions.length)
      differences.push(
        `Tenant ${JSON.stringify(tenant)} has ${sessions.length} sessions here, ${total} there.`,
      );
  }
  return { ...counts, differences };
}

async function sameHistory(one: Store, other: Store, tenant: string, id: string): Promise<boolean> {
  const [mine, theirs] = await Promise.all([one.history(tenant, id), other.history(tenant, id)]);
  // One may have forgotten more of its oldest versions than the other by now.
  const both = Math.min(mine.length, theirs.length);
  const [ours, others] = [mine.slice(mine.length - both), theirs.slice(theirs.length - both)];
  return both > 0 && ours.every((version, index) => sameVersion(version, others[index]));
}

async function* pagesOf(store: Store, tenant: string, now: Instant): AsyncGenerator<MemoryRecord[]> {
  let after: MemoryRecord | undefined;
  do {
    const page = await store.list(tenant, {
      filter: EVERYTHING,
      now,
      order: "oldest",
      limit: 500,
      ...(after && { after }),
    });
    if (page.length > 0) yield page;
    after = page.at(-1);
  } while (after);
}
