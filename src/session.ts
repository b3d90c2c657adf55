import type { Clock } from "./core/clock.ts";
import { ValidationError } from "./core/errors.ts";
import type { IdSource } from "./core/identifiers.ts";
import type { JsonInput, JsonInputObject, JsonObject, JsonValue } from "./core/json.ts";
import { prepareMessages } from "./core/session/messages.ts";
import type { SessionOperationInput } from "./core/session/operations.ts";
import type {
  LearningStrategy,
  Message,
  MessageInput,
  SessionKey,
  SessionState,
} from "./core/session/state.ts";
import type { SessionReceipt } from "./core/session-store.ts";
import { formatMilliseconds } from "./core/time.ts";
import type { Memory } from "./memory.ts";
import type {
  CallOptions,
  Context,
  ContextOptions,
  MemoryOperations,
  ReadSessionOptions,
  SessionWriteOptions,
} from "./operations.ts";
import {
  checkContextOptions,
  checkMessageNames,
  checkReadSessionOptions,
  checkSearchOptions,
  checkSessionWriteOptions,
} from "./option-names.ts";

interface SessionParts {
  readonly memory: Memory;
  readonly operations: MemoryOperations;
  readonly clock: Clock;
  readonly ids: IdSource;
  /** Seconds a session that this one begins lives after its last write; null for ever. */
  readonly ttl?: number | null;
}

/**
 * Working memory of one conversation or workflow: messages, data, lists and a summary, shared by every process that
 * opens the same session. Each method is one atomic write or read, so many writers lose nothing.
 *
 * `await using session = memory.session(id)` ends the session when the block is left.
 */
export class Session implements AsyncDisposable {
  readonly key: SessionKey;
  /** The dictionary of the session. */
  readonly data: SessionData;
  readonly #parts: SessionParts;

  constructor(key: SessionKey, parts: SessionParts) {
    this.key = key;
    this.#parts = parts;
    this.data = new SessionData(this);
  }

  get id(): string {
    return this.key.sessionId;
  }

  /** Long-term memory of this session: what is added carries its id. */
  get memory(): Memory {
    return this.#parts.memory.scope({ sessionId: this.id });
  }

  /** Appends one message or several, atomically and in order. Gives the ids that were new: a known id is skipped. */
  async append(
    messages: MessageInput | readonly MessageInput[],
    options?: SessionWriteOptions,
  ): Promise<string[]> {
    const inputs = Array.isArray(messages) ? messages : [messages];
    for (const [index, input] of inputs.entries())
      if (typeof input === "object") checkMessageNames(input ?? undefined, ["messages", index]);
    const now = formatMilliseconds(this.#parts.clock.now());
    const prepared = prepareMessages(inputs, { now, ids: this.#parts.ids }, ["messages"]);
    // Who stores them gives the time: clocks of hosts differ.
    const undated = prepared.map(({ createdAt, ...message }, index) =>
      inputs[index]?.createdAt === undefined ? message : { ...message, createdAt },
    );
    // Ids and times were filled in for this call alone: a repeated call is known by what the caller gave.
    const fingerprint = JSON.stringify(["append", inputs]);
    return (await this.#one(
      { operation: "append", messages: undated },
      { fingerprint, ...options },
    )) as string[];
  }

  /** The messages in the order they were appended, or the newest few by `createdAt`, oldest first. */
  async messages(options?: ReadSessionOptions): Promise<readonly Message[]> {
    return (await this.read(options))?.messages ?? [];
  }

  /** Everything there is of the session; null when nobody has written to it or it has expired. */
  async read(options?: ReadSessionOptions): Promise<SessionState | null> {
    checkReadSessionOptions(options);
    return this.#parts.operations.readSession(this.key, options);
  }

  /** A list of the session by name. */
  list(name: string): SessionList {
    return new SessionList(this, name);
  }

  /** Sets the summary of what is no longer in the messages. */
  async setContext(context: string | null, options?: SessionWriteOptions): Promise<void> {
    await this.#one({ operation: "setContext", context }, options);
  }

  /**
   * Sets how long the session lives, in seconds from now; null for ever. Sliding (the default) starts the time anew with
   * every write.
   */
  async expireIn(
    seconds: number | null,
    options: SessionWriteOptions & { readonly sliding?: boolean } = {},
  ): Promise<void> {
    const { sliding = true, ...write } = options;
    await this.#one({ operation: "setTimeToLive", seconds, sliding }, write);
  }

  /** Sets how learning turns this session into records. */
  async setStrategy(strategy: LearningStrategy, options?: SessionWriteOptions): Promise<void> {
    await this.#one({ operation: "setStrategy", strategy }, options);
  }

  /** What to hand to a model for a query: summary, recalled records and recent messages inside a token budget. */
  async context(query: string, options?: ContextOptions): Promise<Context> {
    checkContextOptions(options);
    if (options?.recall) checkSearchOptions(options.recall, ["recall"]);
    return this.#parts.operations.context(this.key, query, options);
  }

  /** Applies several operations in one atomic write; `expectedVersion` makes it a compare-and-set. */
  async apply(
    operations: readonly SessionOperationInput[],
    options?: SessionWriteOptions,
  ): Promise<SessionReceipt> {
    checkSessionWriteOptions(options);
    const { operations: memory, ttl = null } = this.#parts;
    if (ttl === null) return memory.writeSession(this.key, operations, options);
    const lifetime: SessionOperationInput = {
      operation: "setTimeToLive",
      seconds: ttl,
      sliding: true,
      onlyNew: true,
    };
    const receipt = await memory.writeSession(this.key, [...operations, lifetime], options);
    return { ...receipt, results: receipt.results.slice(0, operations.length) };
  }

  /** Ends the session and removes its working memory. Long-term records stay. Gives whether there was anything. */
  async end(options?: CallOptions & { readonly expectedVersion?: number }): Promise<boolean> {
    return this.#parts.operations.deleteSession(this.key, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }

  async #one(
    operation: SessionOperationInput,
    options?: SessionWriteOptions,
  ): Promise<JsonValue | undefined> {
    return (await namingInput(this.apply([operation], options))).results[0];
  }
}

/** The dictionary of a session. */
export class SessionData {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /** The value of a key; undefined when it is not set. `Value` is the type you know it has; it is not checked. */
  async get<Value = JsonValue>(key: string, options?: CallOptions): Promise<Value | undefined> {
    const data = await this.all(options);
    return Object.hasOwn(data, key) ? (data[key] as Value) : undefined;
  }

  async all(options?: CallOptions): Promise<JsonObject> {
    return (await this.#session.read({ ...options, newest: 0 }))?.data ?? {};
  }

  async set(key: string, value: JsonInput, options?: SessionWriteOptions): Promise<void> {
    await this.assign({ [key]: value }, options);
  }

  /** Sets several keys at once, leaving the others. */
  async assign(values: JsonInputObject, options?: SessionWriteOptions): Promise<void> {
    await namingInput(this.#session.apply([{ operation: "setData", values: values as JsonObject }], options));
  }

  /** Merges objects key by key at every depth. */
  async merge(values: JsonInputObject, options?: SessionWriteOptions): Promise<void> {
    await namingInput(
      this.#session.apply([{ operation: "mergeData", values: values as JsonObject }], options),
    );
  }

  /** Adds to a number, an absent one counting as 0; gives the sum. */
  async increment(key: string, by = 1, options?: SessionWriteOptions): Promise<number> {
    const { results } = await namingInput(
      this.#session.apply([{ operation: "increment", key, by }], options),
    );
    return results[0] as number;
  }

  /** Removes keys; gives how many were there. */
  async delete(keys: string | readonly string[], options?: SessionWriteOptions): Promise<number> {
    const list = typeof keys === "string" ? [keys] : keys;
    const { results } = await namingInput(
      this.#session.apply([{ operation: "deleteData", keys: list }], options),
    );
    return results[0] as number;
  }
}

/** A named list of a session. Positions count from 0, negative ones from the end. */
export class SessionList {
  readonly name: string;
  readonly #session: Session;

  constructor(session: Session, name: string) {
    this.#session = session;
    this.name = name;
  }

  /** Appends values; gives the new length. */
  async push(...values: JsonInput[]): Promise<number> {
    const operation = "pushList";
    return (await this.#apply({ operation, list: this.name, values: values as JsonValue[] })) as number;
  }

  /** Removes and gives the value at a position, by default the last; undefined when there is none. */
  async pop<Value = JsonValue>(index = -1): Promise<Value | undefined> {
    const popped = (await this.#apply({ operation: "popList", list: this.name, index })) as JsonValue[];
    return popped[0] as Value | undefined;
  }

  /** Inserts before a position, clamped to the ends; gives the new length. */
  async insert(index: number, value: JsonInput): Promise<number> {
    const operation = "insertList";
    return (await this.#apply({ operation, list: this.name, index, value: value as JsonValue })) as number;
  }

  /** Removes the first equal value; gives whether there was one. */
  async remove(value: JsonInput): Promise<boolean> {
    const operation = "removeList";
    return (await this.#apply({ operation, list: this.name, value: value as JsonValue })) as boolean;
  }

  /** Replaces the whole list. */
  async set(values: readonly JsonInput[]): Promise<void> {
    await this.#apply({ operation: "setList", list: this.name, values: values as JsonValue[] });
  }

  /** Removes the list; gives whether it was there. */
  async clear(): Promise<boolean> {
    return (await this.#apply({ operation: "deleteList", list: this.name })) as boolean;
  }

  async all<Value = JsonValue>(options?: CallOptions): Promise<readonly Value[]> {
    const lists = (await this.#session.read({ ...options, newest: 0 }))?.lists ?? {};
    return (Object.hasOwn(lists, this.name) ? (lists[this.name] ?? []) : []) as readonly Value[];
  }

  async length(options?: CallOptions): Promise<number> {
    return (await this.all(options)).length;
  }

  async #apply(operation: SessionOperationInput): Promise<JsonValue | undefined> {
    return (await namingInput(this.#session.apply([operation]))).results[0];
  }
}

/** Errors name what the caller gave, not the operation that was made of it. */
export async function namingInput<Result>(call: Promise<Result>): Promise<Result> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    throw new ValidationError(
      error.issues.map((issue) =>
        issue.path[0] === "operations" ? { ...issue, path: issue.path.slice(2) } : issue,
      ),
    );
  }
}
