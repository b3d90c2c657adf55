import { ChangesForgottenError, ValidationError } from "../core/errors.ts";
import type { SessionStore } from "../core/session-store.ts";
import type { Change, RecordStore, Store } from "../core/store.ts";
import type { Instant } from "../core/time.ts";

/** What keeps the sessions of a pair: any store will do. */
export type WorkingStore = SessionStore &
  Pick<RecordStore, "changes" | "lastSequence" | "tenants" | "forgetAnswers" | "forgetChanges"> &
  Pick<Store, "name" | "check" | "close">;

export interface PairOptions {
  /** Keeps sessions. */
  readonly working: WorkingStore;
  /** Keeps records, and the one change feed of both. */
  readonly longTerm: Store;
}

/** The name under which the feed of the long-term store remembers how far it has taken the other one's. */
const SOURCE = "working";

const LAST_INSTANT: Instant = "9999-12-31T23:59:59.999999Z";

/** Changes taken over in one transaction. */
const PAGE = 1000;

/**
 * One store made of two: sessions in one, records in the other, each where its engine is good at it.
 *
 * The change feed is the long-term store's. Whoever asks it first carries over what sessions have changed since, with the
 * position it was taken from in the same transaction: nothing is missed and nothing comes twice, whoever dies between.
 * Sessions' changes are in order among themselves and so are records', but one of each may have changed places.
 *
 * @throws ValidationError when both are the same store.
 */
export function createPair({ working, longTerm }: PairOptions): Store {
  if (working === longTerm) throw ValidationError.of("working", "must be another store than longTerm");
  const upToDate = carrier(working, longTerm);
  return {
    ...methodsOf(longTerm, RECORD_METHODS),
    ...methodsOf(working, SESSION_METHODS),
    name: `${working.name}-and-${longTerm.name}`,
    ...(longTerm.jobs && { jobs: longTerm.jobs }),
    ...(longTerm.jobsUrl && { jobsUrl: () => longTerm.jobsUrl?.() ?? "memory:" }),
    ...(longTerm.openIndex && { openIndex: longTerm.openIndex.bind(longTerm) }),
    ...(longTerm.watch && { watch: longTerm.watch.bind(longTerm) }),
    ...(longTerm.indexOnRequest && { indexOnRequest: true }),
    async changes(tenant, query) {
      await upToDate(tenant);
      return longTerm.changes(tenant, query);
    },
    async lastSequence(tenant) {
      await upToDate(tenant);
      return longTerm.lastSequence(tenant);
    },
    async forgetAnswers(tenant, before, limit) {
      const ofSessions = await working.forgetAnswers(tenant, before, limit);
      return ofSessions + (await longTerm.forgetAnswers(tenant, before, limit - ofSessions));
    },
    async forgetChanges(tenant, before, limit) {
      await upToDate(tenant);
      const ofSessions = await working.forgetChanges(tenant, before, limit);
      return ofSessions + (await longTerm.forgetChanges(tenant, before, limit - ofSessions));
    },
    async tenants() {
      const names = await Promise.all([working.tenants(), longTerm.tenants()]);
      return [...new Set(names.flat())];
    },
    async check() {
      const problems = await Promise.all(
        [working, longTerm].map(async (store) =>
          (await store.check()).map((problem) => `${store.name}: ${problem}`),
        ),
      );
      return problems.flat();
    },
    async close() {
      try {
        await working.close();
      } finally {
        await longTerm.close();
      }
    },
  };
}

/** Gives the function that brings a tenant's feed in the long-term store up to date. */
function carrier(working: WorkingStore, longTerm: Store): (tenant: string) => Promise<void> {
  // Where this process saw the position last. It only saves asking: the long-term store compares with its own.
  const positions = new Map<string, number>();
  return async (tenant) => {
    let position =
      positions.get(tenant) ??
      (await longTerm.takeChanges(tenant, { source: SOURCE, after: 0, changes: [] }));
    for (;;) {
      // Read after the position, so a feed that ends before it is another feed: the working store was emptied.
      const last = await working.lastSequence(tenant);
      const changes =
        last === position
          ? []
          : await keptChanges(working, longTerm, { tenant, after: last < position ? 0 : position });
      if (changes.length === 0) break;
      position = await longTerm.takeChanges(tenant, { source: SOURCE, after: position, changes });
    }
    positions.set(tenant, position);
  };
}

/**
 * What came after a position in the working store, or, when some of it was forgotten there before it was told here, what is left of
 * it. Then everybody who follows this feed is behind as well: it forgets what it has, and they learn that they missed something.
 */
async function keptChanges(
  working: WorkingStore,
  longTerm: Store,
  { tenant, after }: { readonly tenant: string; readonly after: number },
): Promise<Change[]> {
  try {
    return await working.changes(tenant, { after, limit: PAGE });
  } catch (error) {
    if (!(error instanceof ChangesForgottenError)) throw error;
    const kept = await working.changes(tenant, { after: Number(error.details["forgotten"]), limit: PAGE });
    const behind = { source: `${SOURCE}, behind`, changes: [...kept, ...kept] };
    const told = await longTerm.takeChanges(tenant, { ...behind, after: 0, changes: [] });
    // The last change stays. Told twice, it is behind the place of whoever had seen everything until now.
    await longTerm.takeChanges(tenant, { ...behind, after: told });
    while ((await longTerm.forgetChanges(tenant, LAST_INSTANT, PAGE)) > 0);
    return kept;
  }
}

const SESSION_METHODS = [
  "readSession",
  "writeSession",
  "deleteSession",
  "findSessions",
  "listSessions",
  "removeExpiredSessions",
] as const satisfies (keyof SessionStore)[];

const RECORD_METHODS = [
  "read",
  "findDuplicates",
  "recallResult",
  "write",
  "list",
  "count",
  "history",
  "ids",
  "forgetVersions",
  "aliases",
  "touch",
  "erase",
  "takeChanges",
  "indexed",
  "indexedById",
  "rows",
  "reindex",
  "staleEntries",
  "removeExpired",
] as const satisfies (keyof RecordStore)[];

/** These methods of a store, as functions that go on working without it before the dot. */
function methodsOf<Port extends object, Name extends keyof Port>(
  store: Port,
  names: readonly Name[],
): Pick<Port, Name> {
  const entries = names.map((name) => [name, (store[name] as (...given: unknown[]) => unknown).bind(store)]);
  return Object.fromEntries(entries) as Pick<Port, Name>;
}
