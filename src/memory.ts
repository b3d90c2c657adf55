import { type ConversationOptions, checkConversationOptions } from "./conversation-options.ts";
import { Conversations } from "./conversations.ts";
import { WakingWatch } from "./core/change-watch.ts";
import { type Clock, systemClock } from "./core/clock.ts";
import { UnsupportedError, ValidationError } from "./core/errors.ts";
import { checkLabel, type IdSource } from "./core/identifiers.ts";
import type { JobOverview, JobQueue } from "./core/jobs.ts";
import { knownNames } from "./core/known-names.ts";
import type { AddResult, MemoryRecord, RecordInput, RecordPatch, RecordVersion } from "./core/record.ts";
import { narrowScope, type ResolvedScope, type Scope, UNRESTRICTED } from "./core/scope.ts";
import type { SessionSummary } from "./core/session-store.ts";
import type { Change } from "./core/store.ts";
import type {
  AddOptions,
  CallOptions,
  ChangesOptions,
  DeleteOptions,
  ForgetOptions,
  ForgetPolicy,
  ForgetResult,
  ListOptions,
  ListSessionsOptions,
  MemoryOperations,
  ReadOptions,
  RecordPage,
  SearchOptions,
  SearchResult,
  SessionPage,
  UpdateOptions,
} from "./operations.ts";
import {
  checkAddOptions,
  checkCallOptions,
  checkDeleteOptions,
  checkForgetOptions,
  checkForgetPolicy,
  checkListOptions,
  checkListSessionsOptions,
  checkReadOptions,
  checkRecordNames,
  checkSearchOptions,
  checkUpdateOptions,
} from "./option-names.ts";
import { type Paged, paged } from "./paged.ts";
import { Session } from "./session.ts";
import { ulidSource } from "./ulid.ts";

/** What a `Memory` needs besides its operations. */
export interface MemoryParts {
  readonly operations: MemoryOperations;
  readonly clock?: Clock;
  readonly ids?: IdSource;
  /** What holds for conversations where a call does not say. */
  readonly conversations?: ConversationOptions;
}

/** How a session is begun. */
export interface SessionOptions {
  /** Seconds a new session lives after its last write, unless it is told otherwise; null for ever. Default null. */
  readonly ttl?: number | null;
}

/** How to follow the change feed. */
export interface FollowOptions extends ChangesOptions {
  /** Keep waiting for new changes after the last one; end it with `signal` or by leaving the loop. Default false. */
  readonly follow?: boolean;
  /** Most milliseconds between two looks while following; a server sends changes by itself. Default 250. */
  readonly interval?: number;
}

const checkFollowOptions = knownNames<FollowOptions>("options", {
  signal: true,
  after: true,
  limit: true,
  follow: true,
  interval: true,
});

/**
 * A memory, or the part of one that a scope leaves. Long-term memory is here; working memory is behind `session`.
 *
 * Every method throws a `MemoirError`: `ValidationError` for bad input, `NotFoundError`, `ConflictError`, `StoreError`, …;
 * a call given up through its `signal` rejects with the signal's reason.
 */
export class Memory implements AsyncDisposable {
  readonly #operations: MemoryOperations;
  readonly #clock: Clock;
  readonly #ids: IdSource;
  readonly #scope: ResolvedScope;
  readonly #conversations: ConversationOptions;

  constructor(parts: MemoryParts, scope: ResolvedScope = UNRESTRICTED) {
    this.#operations = parts.operations;
    this.#clock = parts.clock ?? systemClock;
    this.#ids = parts.ids ?? ulidSource(this.#clock);
    this.#scope = scope;
    this.#conversations = parts.conversations ?? {};
  }

  /** The scope of this memory; null where it is not restricted. */
  get currentScope(): ResolvedScope {
    return this.#scope;
  }

  /** The operations this memory runs on, with the scope written out: for servers and other surfaces. */
  get operations(): MemoryOperations {
    return this.#operations;
  }

  /**
   * Background jobs: what waits, and what failed for good. Closed with the memory. Those of a remote memory are its server's,
   * which can be listed, retried and discarded; enqueueing and working throw UnsupportedError.
   */
  get jobs(): JobQueue {
    const { jobs, jobOverview } = this.#operations;
    if (jobs) return jobs;
    if (jobOverview) return jobsOfServer(jobOverview);
    throw new UnsupportedError("This memory shows no jobs.");
  }

  /**
   * The part of this memory that belongs to a tenant, namespace, user, agent or session. What is added through it gets
   * these fields, and nothing outside it is seen. A scope only ever gets narrower.
   */
  scope(scope: Scope): Memory {
    return new Memory(this.#parts(), narrowScope(this.#scope, scope));
  }

  /** Working memory of one conversation or workflow. Nothing is written until something is put into it. */
  session(sessionId: string, options: SessionOptions = {}): Session {
    if (this.#scope.sessionId !== null && this.#scope.sessionId !== sessionId)
      throw new UnsupportedError(
        `This memory is already restricted to session ${JSON.stringify(this.#scope.sessionId)}.`,
      );
    const { tenant, namespace, userId } = this.#scope;
    return new Session(
      { tenant, namespace, userId, sessionId: checkLabel(sessionId, "sessionId") },
      { memory: this, operations: this.#operations, clock: this.#clock, ids: this.#ids, ...options },
    );
  }

  /** The sessions of this namespace and user seen as dictionaries with messages. */
  conversations(options: ConversationOptions = {}): Conversations {
    checkConversationOptions(options);
    return new Conversations(this, this.#clock, { ...this.#conversations, ...options });
  }

  /** Remembers one text or record, or several in one atomic write. */
  add(input: string | RecordInput, options?: AddOptions): Promise<AddResult>;
  add(inputs: readonly (string | RecordInput)[], options?: AddOptions): Promise<AddResult[]>;
  async add(
    input: string | RecordInput | readonly (string | RecordInput)[],
    options?: AddOptions,
  ): Promise<AddResult | AddResult[]> {
    checkAddOptions(options);
    const given = isList(input) ? input : [input];
    const inputs = given.map((item, index) => {
      if (typeof item === "string") return { text: item };
      const path = given.length === 1 ? [] : [index];
      if (typeof item !== "object" || item === null)
        throw ValidationError.of(path.length > 0 ? path : "record", "must be a text or a record", item);
      checkRecordNames(item, path);
      return item;
    });
    const results = await this.#operations.add(this.#scope, inputs, options);
    return isList(input) ? results : (results[0] as AddResult);
  }

  /** Finds records for a question or a few words, best first. */
  async search(query: string, options?: SearchOptions): Promise<SearchResult> {
    checkSearchOptions(options);
    return this.#operations.search(this.#scope, query, options);
  }

  /** A record by id, or null when it is not in this scope. Ids merged away lead to what replaced them. */
  async get(id: string, options?: ReadOptions): Promise<MemoryRecord | null> {
    checkReadOptions(options);
    const [record] = await this.#operations.get(this.#scope, [id], options);
    return record ?? null;
  }

  /** A page of records: `await` it for one page, or `for await` over it for all of them. */
  list(options: ListOptions = {}): Paged<RecordPage, MemoryRecord> {
    return paged(
      async (cursor: string | null) => {
        checkListOptions(options);
        return this.#operations.list(
          this.#scope,
          cursor === null ? options : { ...options, cursor, offset: 0 },
        );
      },
      (page) => page.records,
      (page) => page.cursor,
    );
  }

  /** Changes fields of a record; `expectedVersion` refuses when somebody else was first. */
  async update(id: string, patch: RecordPatch, options?: UpdateOptions): Promise<MemoryRecord> {
    checkUpdateOptions(options);
    return this.#operations.update(this.#scope, id, patch, options);
  }

  /** Deletes one record or several; gives the ids that existed. The history stays unless `erase` is set. */
  async delete(ids: string | readonly string[], options?: DeleteOptions): Promise<string[]> {
    checkDeleteOptions(options);
    const list = typeof ids === "string" ? [ids] : ids;
    if (!Array.isArray(list)) throw ValidationError.of("ids", "must be an id or a list of ids", ids);
    return this.#operations.delete(this.#scope, list, options);
  }

  /**
   * Erases every record of this scope with its history, those that were deleted earlier too; gives the ids of those that were alive.
   * Sessions stay. What is added meanwhile may stay as well.
   */
  async eraseAll(options?: Pick<DeleteOptions, "actor" | "reason" | "signal">): Promise<string[]> {
    checkDeleteOptions(options);
    return this.#operations.delete(this.#scope, [], { ...options, erase: true, everything: true });
  }

  /** Every version of a record, oldest first. */
  async history(id: string, options?: CallOptions): Promise<RecordVersion[]> {
    checkCallOptions(options);
    return this.#operations.history(this.#scope, id, options);
  }

  /** Deletes what a policy calls stale. Tells only what would go unless `dryRun` is false. */
  async forget(policy: ForgetPolicy, options?: ForgetOptions): Promise<ForgetResult> {
    checkForgetPolicy(policy ?? null);
    checkForgetOptions(options);
    return this.#operations.forget(this.#scope, policy, options);
  }

  /** Changes in this scope, oldest first; with `follow` it goes on as they happen, in any process. */
  async *changes(options: FollowOptions = {}): AsyncGenerator<Change, void, undefined> {
    checkFollowOptions(options);
    const { follow = false, interval = 250, ...query } = options;
    let after = query.after ?? 0;
    if (follow && this.#operations.follow) return yield* this.#operations.follow(this.#scope, query);
    const watch = this.#operations.watch?.(this.#scope.tenant) ?? new WakingWatch();
    try {
      for (;;) {
        const { changes, sequence } = await this.#operations.changes(this.#scope, { ...query, after });
        yield* changes;
        after = sequence;
        if (changes.length > 0) continue;
        if (!follow) return;
        await watch.next(interval, options.signal);
        options.signal?.throwIfAborted();
      }
    } finally {
      watch.close();
    }
  }

  /** Sessions of this namespace and user, most recently updated first: `await` for a page, `for await` for all. */
  sessions(options: ListSessionsOptions = {}): Paged<SessionPage, SessionSummary> {
    const from = options.offset ?? 0;
    let seen = from;
    return paged(
      async (cursor: number | null) => {
        checkListSessionsOptions(options);
        return this.#operations.listSessions(this.#scope, { ...options, offset: cursor ?? from });
      },
      (page) => page.sessions,
      (page) => {
        seen += page.sessions.length;
        return page.sessions.length > 0 && seen < page.total ? seen : null;
      },
    );
  }

  /** Waits for background work and releases files and connections. */
  async close(): Promise<void> {
    await this.#operations.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #parts(): MemoryParts {
    return {
      operations: this.#operations,
      clock: this.#clock,
      ids: this.#ids,
      conversations: this.#conversations,
    };
  }
}

function isList<Item>(value: Item | readonly Item[]): value is readonly Item[] {
  return Array.isArray(value);
}

function jobsOfServer(overview: JobOverview): JobQueue {
  const refused = () =>
    new UnsupportedError(
      "A server does jobs by itself: enqueue and work where the store it serves is opened.",
    );
  return {
    name: "remote",
    list: (query) => overview.list(query),
    counts: () => overview.counts(),
    retry: (id) => overview.retry(id),
    discard: (id) => overview.discard(id),
    enqueue: () => Promise.reject(refused()),
    work() {
      throw refused();
    },
    close: async () => {},
  };
}
