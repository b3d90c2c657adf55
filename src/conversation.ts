import type { FieldDefaults } from "./conversation-options.ts";
import { NotFoundError, ValidationError } from "./core/errors.ts";
import type { JsonInput, JsonInputObject, JsonObject, JsonValue } from "./core/json.ts";
import { knownNames } from "./core/known-names.ts";
import type { SessionOperation } from "./core/session/operations.ts";
import type { Message, SessionState } from "./core/session/state.ts";
import type { CallOptions, SessionWriteOptions } from "./operations.ts";
import { namingInput, type Session } from "./session.ts";

/** How a field is written. */
export interface FieldOptions extends SessionWriteOptions {
  /** Seconds the field lives from now on; null for as long as the conversation. Default: the conversation's. */
  readonly ttl?: number | null;
}

/** How large a conversation is, in bytes of UTF-8 JSON. */
export interface ConversationSize {
  readonly fields: Readonly<Record<string, number>>;
  readonly messages: number;
  readonly total: number;
}

const checkFieldOptions = knownNames<FieldOptions>("options", {
  signal: true,
  expectedVersion: true,
  create: true,
  idempotencyKey: true,
  fingerprint: true,
  ttl: true,
});

const DEFAULT_TTL = 3600;
const DEFAULT_MESSAGES = 100;

/**
 * A conversation as a dictionary whose values may be lists, besides its messages. It is a view of the session of that id:
 * a list is the session's list of that name, any other value a key of its data. Every method is one atomic step, in every
 * process that has the conversation open.
 *
 * Every write of a field starts its time to live anew. List positions count from 0, negative ones from the end.
 */
export class ConversationMemory {
  readonly #session: Session;
  readonly #defaults: FieldDefaults;

  constructor(session: Session, defaults: FieldDefaults = {}) {
    this.#session = session;
    this.#defaults = defaults;
  }

  get id(): string {
    return this.#session.id;
  }

  /** The session this is a view of. */
  get session(): Session {
    return this.#session;
  }

  async set(key: string, value: JsonInput, options?: FieldOptions): Promise<void> {
    await this.update({ [key]: value }, options);
  }

  /** Sets several fields in one step, leaving the others. */
  async update(values: JsonInputObject, options: FieldOptions = {}): Promise<void> {
    if (typeof values !== "object" || values === null || Array.isArray(values))
      throw ValidationError.of("values", "must be an object", values, "dict_type");
    const given = Object.entries(values as JsonObject);
    const keys = given.map(([key]) => key);
    if (keys.length === 0) return;
    const plain = Object.fromEntries(given.filter(([, value]) => !Array.isArray(value)));
    const operations = given.flatMap(([key, value]): SessionOperation[] =>
      Array.isArray(value)
        ? [
            { operation: "deleteData", keys: [key] },
            { operation: "setList", list: key, values: value },
          ]
        : [{ operation: "deleteList", list: key }],
    );
    const setData: SessionOperation = { operation: "setData", values: plain };
    await this.#write([...operations, setData, this.#expiry(keys, options)], options);
  }

  /** The value of a field, or the fallback when it is not there. `Value` is the type you know it has; it is not checked. */
  get<Value = JsonValue>(key: string, fallback: Value): Promise<Value>;
  get<Value = JsonValue>(key: string): Promise<Value | undefined>;
  async get(key: string, fallback?: JsonValue): Promise<JsonValue | undefined> {
    const fields = await this.#fields();
    return fields.has(key) ? fields.get(key) : fallback;
  }

  /**
   * The value of a field that must be there.
   * @throws NotFoundError `field_not_found` when it is not.
   */
  async required<Value = JsonValue>(key: string): Promise<Value> {
    const value = await this.get<Value>(key);
    if (value !== undefined) return value;
    throw new NotFoundError(
      "field_not_found",
      `The conversation ${JSON.stringify(this.id)} has no field ${JSON.stringify(key)}.`,
      { details: { conversationId: this.id, key } },
    );
  }

  async has(key: string): Promise<boolean> {
    return (await this.#fields()).has(key);
  }

  async keys(): Promise<string[]> {
    return [...(await this.#fields()).keys()];
  }

  async items(): Promise<[key: string, value: JsonValue][]> {
    return [...(await this.#fields())];
  }

  /** Removes a field; gives whether it was there. */
  async delete(key: string, options?: SessionWriteOptions): Promise<boolean> {
    const results = await this.#writeExisting(
      [
        { operation: "deleteData", keys: [key] },
        { operation: "deleteList", list: key },
      ],
      options,
    );
    return results !== null && (results[0] === 1 || results[1] === true);
  }

  /** Appends a value to a list, beginning it; gives its length. */
  append(key: string, value: JsonInput, options?: FieldOptions): Promise<number> {
    return this.extend(key, [value], options);
  }

  /** Appends several values to a list, beginning it; gives its length. */
  async extend(key: string, values: readonly JsonInput[], options?: FieldOptions): Promise<number> {
    const step = { operation: "pushList", list: key, values: values as JsonValue[] } as const;
    const operations = this.#listStep(key, step, options);
    return (await this.#write(operations, options))[1] as number;
  }

  /** Inserts before a position, beginning the list; positions outside mean the nearest end. Gives the length. */
  async insert(key: string, index: number, value: JsonInput, options?: FieldOptions): Promise<number> {
    const step = { operation: "insertList", list: key, index, value: value as JsonValue } as const;
    const operations = this.#listStep(key, step, options);
    return (await this.#write(operations, options))[1] as number;
  }

  /** Removes and gives the value at a position, by default the last; undefined when there is none. */
  async pop<Value = JsonValue>(key: string, index = -1, options?: FieldOptions): Promise<Value | undefined> {
    const operations = this.#listStep(key, { operation: "popList", list: key, index }, options);
    const results = await this.#writeExisting(operations, options);
    return (results?.[1] as Value[] | undefined)?.[0];
  }

  /** Removes the first equal value of a list; gives whether there was one. */
  async remove(key: string, value: JsonInput, options?: FieldOptions): Promise<boolean> {
    const step = { operation: "removeList", list: key, value: value as JsonValue } as const;
    const operations = this.#listStep(key, step, options);
    return (await this.#writeExisting(operations, options))?.[1] === true;
  }

  /**
   * The values of a list; none when it is not there.
   * @throws ValidationError when the field holds something else.
   */
  async getList<Value = JsonValue>(key: string): Promise<Value[]> {
    const value = await this.get<Value[]>(key, []);
    if (Array.isArray(value)) return value;
    throw ValidationError.of("key", `holds no list: ${JSON.stringify(key)}`);
  }

  async listLength(key: string): Promise<number> {
    return (await this.getList(key)).length;
  }

  /** Appends a message; gives its id. */
  async addMessage(role: string, content: string, metadata: JsonInputObject = {}): Promise<string> {
    const [id] = await this.#session.append({ role, content, metadata });
    return id as string;
  }

  /** The newest messages by date, oldest first: so many, by default 100. `session.messages()` gives all. */
  async getMessages(limit = this.#defaults.messages ?? DEFAULT_MESSAGES): Promise<readonly Message[]> {
    return this.#session.messages({ newest: limit });
  }

  async messageCount(): Promise<number> {
    return (await this.#session.messages()).length;
  }

  /**
   * Sets how long everything there is lives, in seconds from now; null for ever. Fields written later get their own time;
   * messages and the rest live so long after the last write.
   */
  async setTtl(seconds: number | null, options?: SessionWriteOptions): Promise<void> {
    await this.#writeExisting(
      [
        { operation: "expireFields", fields: null, seconds },
        { operation: "setTimeToLive", seconds, sliding: true },
      ],
      options,
    );
  }

  /** Removes fields, messages and all the rest; gives whether there was anything. */
  async clearAll(options?: CallOptions): Promise<boolean> {
    return this.#session.end(options);
  }

  async size(options?: CallOptions): Promise<ConversationSize> {
    const state = await this.#session.read(options);
    return state ? sizeOf(state) : { fields: {}, messages: 0, total: 0 };
  }

  async #fields(): Promise<ReadonlyMap<string, JsonValue>> {
    const state = await this.#session.read({ newest: 0 });
    return state ? fieldsOf(state) : new Map();
  }

  /** A step on a list, whichever way its values came into the session; its result is the second. */
  #listStep(key: string, step: SessionOperation, options?: FieldOptions): SessionOperation[] {
    return [{ operation: "moveToList", key }, step, this.#expiry([key], options)];
  }

  #expiry(fields: readonly string[], options: FieldOptions = {}): SessionOperation {
    const { ttl = this.#defaults.ttl } = options;
    return { operation: "expireFields", fields, seconds: ttl === undefined ? DEFAULT_TTL : ttl };
  }

  async #write(
    operations: readonly SessionOperation[],
    options?: FieldOptions,
  ): Promise<readonly JsonValue[]> {
    checkFieldOptions(options);
    const { ttl: _, ...write } = options ?? {};
    return (await namingInput(this.#session.apply(operations, write))).results;
  }

  /** Writes to a conversation that is there; gives null when it is not. */
  async #writeExisting(
    operations: readonly SessionOperation[],
    options?: FieldOptions,
  ): Promise<readonly JsonValue[] | null> {
    try {
      return await this.#write(operations, { ...options, create: false });
    } catch (error) {
      if (error instanceof NotFoundError && error.code === "session_not_found") return null;
      throw error;
    }
  }
}

/** The fields of a session. A list hides a key of the data with the same name. */
export function fieldsOf({ data, lists }: Pick<SessionState, "data" | "lists">): Map<string, JsonValue> {
  return new Map([...Object.entries(data), ...Object.entries(lists)] as [string, JsonValue][]);
}

export function sizeOf(state: SessionState): ConversationSize {
  const fields = [...fieldsOf(state)].map(([key, value]) => [key, bytes(value)] as const);
  const messages = state.messages.length === 0 ? 0 : bytes(state.messages);
  const total = fields.reduce((sum, [, size]) => sum + size, messages);
  return { fields: Object.fromEntries(fields), messages, total };
}

function bytes(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}
