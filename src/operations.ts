import type { ChangeWatch } from "./core/change-watch.ts";
import type { Filter } from "./core/filter/filter.ts";
import type { JobOverview, JobQueue } from "./core/jobs.ts";
import type { Explanation, RecallMode, RecencyOptions } from "./core/recall.ts";
import type {
  AddResult,
  ChangeNote,
  MemoryRecord,
  RecordInput,
  RecordPatch,
  RecordVersion,
} from "./core/record.ts";
import type { ResolvedScope } from "./core/scope.ts";
import type { SessionOperationInput } from "./core/session/operations.ts";
import type { SessionKey, SessionState } from "./core/session/state.ts";
import type { SessionReceipt, SessionSummary } from "./core/session-store.ts";
import type { Change } from "./core/store.ts";
import type { InstantInput } from "./core/time.ts";

/** Every call can be given up. */
export interface CallOptions {
  /** Gives the call up: it rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** What any write of records may say besides what it writes. */
export interface WriteOptions extends CallOptions, ChangeNote {
  /** Repeating a write with the same key does nothing and gives the first answer again. */
  readonly idempotencyKey?: string;
}

/** How records are added. */
export interface AddOptions extends WriteOptions {
  /** Recognise exact duplicates (same words, scope, type, speaker and date) and keep one. Default true. Kept turns never are. */
  readonly deduplicate?: boolean;
}

/** Which state of the memory is read. */
export interface ReadOptions extends CallOptions {
  /** The memory as it was known at this instant. Default: now. */
  readonly asOf?: InstantInput;
}

interface TruthOptions {
  /** Only what was true at this instant by `validFrom` and `validTo`; `any` for all. */
  readonly validAt?: InstantInput | "any";
}

/** Which records are listed. Default: all of the scope, also those that hold no more. */
export interface ListOptions extends ReadOptions, TruthOptions {
  readonly filter?: Filter;
  /** By `createdAt`. Default `newest`. */
  readonly order?: "newest" | "oldest";
  /** 1 to 1000. Default 100. */
  readonly limit?: number;
  /** Where the previous page ended. */
  readonly cursor?: string;
  /** Skips so many records instead of a cursor; cursors stay right while others write, offsets do not. */
  readonly offset?: number;
  /** Whether listed records count as accessed. Default false. */
  readonly touch?: boolean;
}

/** A page of records; `cursor` leads to the next one. */
export interface RecordPage {
  readonly records: MemoryRecord[];
  /** How many records there are on all pages. */
  readonly total: number;
  /** Give it to the next call; null on the last page. */
  readonly cursor: string | null;
}

/**
 * How records are found. `validAt` defaults to `asOf`, else now: what has ceased to be true is not recalled unless asked
 * for.
 */
export interface SearchOptions extends ReadOptions, TruthOptions {
  /** Default `hybrid`. */
  readonly mode?: RecallMode;
  readonly filter?: Filter;
  /** 1 to 1000. Default 10. */
  readonly limit?: number;
  /** Skips so many of the best hits. Default 0. */
  readonly offset?: number;
  /** Prefer recent and used records: true for the contract's weights. Default false. */
  readonly recency?: boolean | RecencyOptions;
  /** Leaves out hits below this score in [0, 1]. */
  readonly minScore?: number;
  /** Semantic mode only: leaves out hits farther than this cosine distance in [0, 2]. */
  readonly maxDistance?: number;
  /** Hybrid mode: weight of meaning against words in [0, 1]. Default: what measured best. */
  readonly hybridAlpha?: number;
  /** Adds to each hit what each part gave. Default false. */
  readonly explain?: boolean;
  /** Whether found records count as accessed. Default true. */
  readonly touch?: boolean;
}

/** A record found, with how well it fits. */
export interface SearchHit extends MemoryRecord {
  /** In [0, 1], the same scale from every store. */
  readonly score: number;
  /** Cosine distance in [0, 2]; null in keyword mode. */
  readonly distance: number | null;
  /** What each part gave; there when `explain` asked for it. */
  readonly explanation?: Explanation;
}

/** What a search found, best first, ties by id. */
export interface SearchResult {
  readonly hits: SearchHit[];
  /** How many records could be hits, whatever the limit. */
  readonly total: number;
  /** The offset of the next page; null when this is the last. */
  readonly nextOffset: number | null;
  /** In [0, 1]: how sure recall is that something relevant is stored at all. */
  readonly confidence: number;
}

/** How a record is changed. */
export interface UpdateOptions extends WriteOptions {
  /** The version the record must have; a ConflictError otherwise. Default: any. */
  readonly expectedVersion?: number;
}

/** How records are deleted. */
export interface DeleteOptions extends WriteOptions {
  /** The version each record must have; a ConflictError otherwise. Default: any. */
  readonly expectedVersion?: number;
  /** Removes the history as well, so that nothing of the record is left. Default false. */
  readonly erase?: boolean;
  /** All records of the scope instead of those that are named; with `erase` those that were deleted earlier too. Default false. */
  readonly everything?: boolean;
}

/** Which records may be forgotten. An empty policy forgets nothing. */
export interface ForgetPolicy {
  /** Records created more days ago than this are stale; with `maxInactiveDays`, those that are both. Default: age is no reason. */
  readonly maxAgeDays?: number;
  /** Records last accessed more days ago than this are stale. Default: being unused is no reason. */
  readonly maxInactiveDays?: number;
  /** Keep only so many of the rest, the freshest. */
  readonly budget?: number;
  /** Only these types. */
  readonly types?: readonly MemoryRecord["type"][];
  /** With both limits set, age alone is enough beyond `maxAgeDays` times this. Default 12. */
  readonly hardAgeMultiplier?: number;
}

/** How a policy is carried out. */
export interface ForgetOptions extends WriteOptions {
  /** Default true: only tells what would go. */
  readonly dryRun?: boolean;
  /** Ids that are kept whatever the policy says. Default: none. */
  readonly keep?: readonly string[];
  /** Looks at so many records, the oldest first. Default: at all of the scope. */
  readonly limit?: number;
}

/** What a policy forgot, or would forget. */
export interface ForgetResult {
  /** How many candidates were looked at. */
  readonly scanned: number;
  /** How many were deleted, or would be. */
  readonly deleted: number;
  readonly deletedIds: string[];
  readonly dryRun: boolean;
}

/** Which part of the change feed is read. */
export interface ChangesOptions extends CallOptions {
  /** Give the changes after this sequence number. Default 0: from the beginning. */
  readonly after?: number;
  /** 1 to 1000. Default 100. */
  readonly limit?: number;
}

/** A part of the change feed, oldest change first. */
export interface ChangesPage {
  readonly changes: Change[];
  /** How far the feed was read: give it as `after` to the next call. */
  readonly sequence: number;
}

/** How much of a session is read. */
export interface ReadSessionOptions extends CallOptions {
  /** Only so many of the newest messages, oldest first. */
  readonly newest?: number;
}

/** On what condition a session is written, and how often. */
export interface SessionWriteOptions extends CallOptions {
  /** The version the session must have, 0 when it must not exist; a ConflictError otherwise. Default: any. */
  readonly expectedVersion?: number;
  /** False: a session that is not there is a NotFoundError instead of being created. Default true. */
  readonly create?: boolean;
  /** Repeating a write with the same key does nothing and gives the first answer again. */
  readonly idempotencyKey?: string;
  /**
   * What the idempotency key stands for. Default: the operations themselves; give the request they were made from when
   * they carry ids or times made for this one call.
   */
  readonly fingerprint?: string;
}

/** Which page of the sessions is listed. */
export interface ListSessionsOptions extends CallOptions {
  /** 1 to 1000. Default 100. */
  readonly limit?: number;
  /** Skips so many sessions. Default 0. */
  readonly offset?: number;
}

/** Sessions of a namespace and user, most recently updated first. */
export interface SessionPage {
  readonly sessions: SessionSummary[];
  /** How many sessions there are on all pages. */
  readonly total: number;
}

/** How much goes into a context, and what is recalled for it. */
export interface ContextOptions extends CallOptions {
  /** Tokens (cl100k_base) the whole context may have. Default: the window of `model`, else 16000. */
  readonly maxTokens?: number;
  /** Name of the model whose window is the budget. */
  readonly model?: string;
  /** At most so many recent messages. Default: as many as fit. */
  readonly newest?: number;
  /** How records are recalled; false for none. The scope is the session's namespace and user. */
  readonly recall?: SearchOptions | false;
}

/** A message as models take it. */
export interface ContextMessage {
  readonly role: string;
  readonly content: string;
}

/** What to hand to a model. */
export interface Context {
  /** Summary, recalled records fenced as data, recent messages, and the query last. */
  readonly messages: ContextMessage[];
  /** The records that were recalled and had room, best first. */
  readonly records: SearchHit[];
  /** Tokens of all messages. */
  readonly tokens: number;
  /** How many of the session's messages were left out for want of room. */
  readonly omittedMessages: number;
}

/**
 * Everything a memory does, with the scope written out in each call. `Memory` and `Session` put a friendly face on it;
 * an embedded memory and a remote server both implement it, and the wire contract has one route for each member.
 */
export interface MemoryOperations {
  /** Background jobs. A remote memory has none: its server does them. */
  readonly jobs?: JobQueue;
  /** What a remote memory shows of the jobs of its server. */
  readonly jobOverview?: JobOverview;
  add(scope: ResolvedScope, inputs: readonly RecordInput[], options?: AddOptions): Promise<AddResult[]>;
  /** In the order asked; null for what is not there or not in the scope. */
  get(scope: ResolvedScope, ids: readonly string[], options?: ReadOptions): Promise<(MemoryRecord | null)[]>;
  list(scope: ResolvedScope, options?: ListOptions): Promise<RecordPage>;
  search(scope: ResolvedScope, text: string, options?: SearchOptions): Promise<SearchResult>;
  update(
    scope: ResolvedScope,
    id: string,
    patch: RecordPatch,
    options?: UpdateOptions,
  ): Promise<MemoryRecord>;
  /** Gives the ids that existed. */
  delete(scope: ResolvedScope, ids: readonly string[], options?: DeleteOptions): Promise<string[]>;
  history(scope: ResolvedScope, id: string, options?: CallOptions): Promise<RecordVersion[]>;
  forget(scope: ResolvedScope, policy: ForgetPolicy, options?: ForgetOptions): Promise<ForgetResult>;
  changes(scope: ResolvedScope, options?: ChangesOptions): Promise<ChangesPage>;
  /** Changes after `after` and on, as they happen. Without this method whoever follows asks `changes` again and again. */
  follow?(
    scope: ResolvedScope,
    options?: Pick<ChangesOptions, "after" | "signal">,
  ): AsyncGenerator<Change, void, undefined>;
  /** Tells when it is worth asking `changes` of a tenant again. Without this method whoever follows asks at intervals. */
  watch?(tenant: string): ChangeWatch;
  readSession(key: SessionKey, options?: ReadSessionOptions): Promise<SessionState | null>;
  writeSession(
    key: SessionKey,
    operations: readonly SessionOperationInput[],
    options?: SessionWriteOptions,
  ): Promise<SessionReceipt>;
  deleteSession(key: SessionKey, options?: { expectedVersion?: number } & CallOptions): Promise<boolean>;
  /**
   * The session of that id where the caller may not know its whole scope: the one that fits the given fields exactly,
   * else the only one that agrees with them. Null when there is none, or several.
   */
  findSession(
    tenant: string,
    sessionId: string,
    known: { readonly namespace?: string; readonly userId?: string },
    options?: CallOptions,
  ): Promise<SessionKey | null>;
  listSessions(scope: ResolvedScope, options?: ListSessionsOptions): Promise<SessionPage>;
  context(key: SessionKey, query: string, options?: ContextOptions): Promise<Context>;
  close(): Promise<void>;
}
