import type { ChangeWatch } from "./change-watch.ts";
import type { FilterNode } from "./filter/filter.ts";
import type { Idempotency } from "./idempotency.ts";
import type { JobStore } from "./job-store.ts";
import type { JsonValue } from "./json.ts";
import type { IndexEntry, IndexedRecord } from "./recall-index.ts";
import type { ChangeKind, ChangeNote, MemoryRecord, RecordVersion } from "./record.ts";
import type { VersionRetention } from "./retention.ts";
import type { SessionStore } from "./session-store.ts";
import type { StoreIndex } from "./store-index.ts";
import type { Instant } from "./time.ts";
import type { VectorSpace } from "./vector-index.ts";

/** One record to write. The store sets its version: one more than the last version the id ever had. */
export interface RecordPut {
  readonly kind: "put";
  readonly record: Omit<MemoryRecord, "version">;
  /** The version it must replace; 0 when the id must be free. */
  readonly expectedVersion: number;
  /** No other living record of the tenant may have this key; null for none. */
  readonly duplicateKey: string | null;
  readonly entry: IndexEntry;
  readonly change: Exclude<ChangeKind, "delete" | "forget">;
  readonly note: ChangeNote;
}

export interface RecordDelete {
  readonly kind: "delete";
  readonly id: string;
  /** The version it must have. */
  readonly expectedVersion: number;
  readonly change: "delete" | "forget" | "merge";
  readonly note: ChangeNote;
}

/** From now on reading `id` gives the record `target`, until something is stored under `id` itself. */
export interface RecordAlias {
  readonly kind: "alias";
  readonly id: string;
  readonly target: string;
}

export type RecordWrite = RecordPut | RecordDelete | RecordAlias;

export interface WriteBatch {
  readonly writes: readonly RecordWrite[];
  /** The time of the change. */
  readonly now: Instant;
  /** Kept with the key: what the first answer was made of. */
  readonly idempotency?: Idempotency & { readonly result: JsonValue };
}

/** One entry of the change feed. */
export interface Change {
  /** Rises with every change of the store; readers ask for what came after the last one they saw. */
  readonly sequence: number;
  readonly kind: "record" | "session";
  readonly change: ChangeKind;
  /** Record id, or session id. */
  readonly id: string;
  readonly version: number;
  readonly at: Instant;
  readonly namespace: string | null;
  readonly userId: string | null;
  readonly agentId: string | null;
  readonly sessionId: string | null;
}

export interface ListQuery {
  readonly filter: FilterNode;
  /** Records whose `expiresAt` is not after this instant are left out. */
  readonly now: Instant;
  /** The state as it was known at this instant instead of the present one. */
  readonly asOf?: Instant;
  /** By `createdAt`; ties by rising id in either order, compared by code points. */
  readonly order: "newest" | "oldest";
  readonly limit: number;
  /** Continue after this record. */
  readonly after?: { readonly createdAt: Instant; readonly id: string };
  readonly offset?: number;
}

/** Where an id leads, and since when. */
export interface Alias {
  readonly id: string;
  readonly target: string;
  readonly at: Instant;
}

export interface AliasPage {
  readonly aliases: readonly Alias[];
  /** Give it to the next call; null on the last page. */
  readonly cursor: string | null;
}

export interface IdPage {
  readonly ids: string[];
  /** Give it to the next call; null on the last page. */
  readonly cursor: string | null;
}

/** Changes that happened in another store, to be told by this one's feed too. */
export interface ForeignChanges {
  /** Names the other store; each has a position of its own. */
  readonly source: string;
  /** The position in the source's feed up to which it was taken before; 0 at first. */
  readonly after: number;
  /** What came next there, oldest first. */
  readonly changes: readonly Change[];
}

/**
 * Where long-term memory is kept: the truth that every index is derived from. All methods are atomic, and all of them
 * see what other handles and processes on the same data acknowledged before.
 */
export interface RecordStore {
  /** Reads by id, following aliases; null for what is not there or has expired at `now`. Order as asked. */
  read(
    tenant: string,
    ids: readonly string[],
    options: { now: Instant; asOf?: Instant },
  ): Promise<(MemoryRecord | null)[]>;

  /** The living record of each duplicate key that has one. */
  findDuplicates(
    tenant: string,
    keys: readonly string[],
    now: Instant,
  ): Promise<ReadonlyMap<string, MemoryRecord>>;

  /** The result kept with an idempotency key; null for a new key. Throws ConflictError for another fingerprint. */
  recallResult(tenant: string, idempotency: Idempotency): Promise<JsonValue | null>;

  /**
   * Forgets what idempotency keys were answered with up to `before`, the oldest first and at most `limit` of them: the keys
   * are new again, for records and for sessions. Gives how many were forgotten.
   */
  forgetAnswers(tenant: string, before: Instant, limit: number): Promise<number>;

  /**
   * Writes all or nothing: records, versions, change feed, index entries and the idempotency key in one transaction,
   * durable when the promise resolves. A record that has expired at `now` counts as absent.
   * @returns the new versions of the writes in order (0 for aliases) and the sequence of the last change.
   * @throws ConflictError `version_conflict` when a version or duplicate key is not as expected, and
   * `idempotency_key_reused` when the key is already there, which is checked first: the caller reads again and decides
   * anew.
   */
  write(
    tenant: string,
    batch: WriteBatch,
  ): Promise<{ readonly versions: readonly number[]; readonly sequence: number }>;

  list(tenant: string, query: ListQuery): Promise<MemoryRecord[]>;

  /** How many records the query's filter leaves, whatever its limit. */
  count(tenant: string, query: Pick<ListQuery, "filter" | "now" | "asOf">): Promise<number>;

  /** All versions of an id, oldest first; empty when the id was never used. */
  history(tenant: string, id: string): Promise<RecordVersion[]>;

  /**
   * Every id that a record ever had, erased ones included, about so many a page, in an order of the store's own: an id may come
   * twice. For whoever cannot follow the feed any more.
   */
  ids(tenant: string, query: { readonly cursor: string | null; readonly limit: number }): Promise<IdPage>;

  /** Forgets the versions of these ids that `forgettable` lets go. Gives how many. */
  forgetVersions(tenant: string, ids: readonly string[], retention: VersionRetention): Promise<number>;

  /**
   * The aliases that hold now, about so many a page, in an order of the store's own: an alias may come twice, and one that
   * is changed meanwhile as it was or as it is. For copying a store: ids that never were records are named nowhere else.
   */
  aliases(
    tenant: string,
    query: { readonly cursor: string | null; readonly limit: number },
  ): Promise<AliasPage>;

  /**
   * Counts an access: moves `lastAccessedAt` to `now` and adds one to `accessCount`. Makes no version and no change;
   * ids that are not there are skipped.
   */
  touch(tenant: string, ids: readonly string[], now: Instant): Promise<void>;

  /**
   * Removes history and aliases too: nothing of these ids is left, except that they changed, so a record stored under one
   * of them later still gets a higher version. Gives the ids that were there, alive or in the history.
   */
  erase(tenant: string, ids: readonly string[], now: Instant): Promise<string[]>;

  /**
   * Changes after a sequence number, oldest first.
   * @throws ChangesForgottenError when some of them were forgotten.
   */
  changes(tenant: string, query: { after: number; limit: number }): Promise<Change[]>;

  /**
   * Forgets the oldest changes of the feed, up to the first that was made after `before`, and at most `limit` of them. The newest
   * change always stays, and no number comes again. Gives how many were forgotten.
   */
  forgetChanges(tenant: string, before: Instant, limit: number): Promise<number>;

  /**
   * Tells when it is worth asking `changes` again, for one follower who closes it in the end. Whoever closes the store ends its
   * waits. Left out: the store never knows, and followers ask at intervals.
   */
  watch?(tenant: string): ChangeWatch;

  /** Sequence of the tenant's last change; 0 when there was none. Cheap: indexes ask before every recall. */
  lastSequence(tenant: string): Promise<number>;

  /**
   * Appends changes of another store to this feed, under sequence numbers of its own, so that there is one feed to
   * follow when sessions are kept elsewhere. The position in the source moves on to the last change's sequence in the
   * same transaction. Nothing happens when there are no changes, or when `after` is not the position any more: somebody
   * else has taken them.
   * @returns the position in the source now; 0 when nothing was ever taken from it.
   */
  takeChanges(tenant: string, foreign: ForeignChanges): Promise<number>;

  /**
   * Index entries of living records, expired ones included, by rising row number; `userId` restricts, null meaning
   * "without user". Reads no record: an index asks for all entries of a tenant.
   *
   * `readsOn` says that the next page will be asked for too, and that a page may be as old as the call for the one before
   * it, so that the store may read it meanwhile. Default false. `done` is a page of before that nobody will look at any more:
   * the store may use its memory again.
   */
  indexed(
    tenant: string,
    query: {
      afterRow: number;
      limit: number;
      userId?: string | null;
      readsOn?: boolean;
      done?: readonly IndexedRecord[];
    },
  ): Promise<IndexedRecord[]>;

  /** Index entries of these ids; ids that are gone are left out. */
  indexedById(tenant: string, ids: readonly string[]): Promise<IndexedRecord[]>;

  /** Row numbers of the living records a filter leaves, rising. */
  rows(tenant: string, filter: FilterNode, now: Instant): Promise<Uint32Array>;

  /**
   * Replaces index entries, for example after a change of embedder. Makes no version. Ids that are gone or have another
   * version by now are skipped.
   */
  reindex(
    tenant: string,
    entries: readonly { id: string; version: number; entry: IndexEntry }[],
  ): Promise<void>;

  /** Ids of records whose entry was made by another embedder or analyser, or still lacks its vector; by row. */
  staleEntries(
    tenant: string,
    query: { readonly embedder: string; readonly analyzer: string; readonly limit: number },
  ): Promise<string[]>;

  /** Deletes what has expired, leaving history: a version and a change like any deletion. Gives the ids. */
  removeExpired(tenant: string, now: Instant, limit: number): Promise<string[]>;

  tenants(): Promise<string[]>;
}

/** A place to keep both kinds of memory. */
export interface Store extends RecordStore, SessionStore {
  /** Names the engine, for example `sqlite`. */
  readonly name: string;
  /** Keeps background jobs beside the data. Closed with the store. */
  readonly jobs?: JobStore;
  /**
   * Where jobs are kept when nobody names a place and the store keeps none itself: a URL for the `jobs` of `openMemory`.
   * A method, since what it gives may hold a password.
   */
  jobsUrl?(): string;
  /**
   * Opens what the engine finds by itself, for scopes too large for the memory of a process. Left out: it finds nothing.
   * @throws UnsupportedError when this server cannot, which says what it lacks.
   */
  openIndex?(space: VectorSpace): Promise<StoreIndex>;
  /** True: `openIndex` is used only where somebody asks for it, since an index in the process is quicker. Default false. */
  readonly indexOnRequest?: boolean;
  /** Checks the data; gives one sentence per problem found, none when all is well. */
  check(): Promise<string[]>;
  close(): Promise<void>;
}
