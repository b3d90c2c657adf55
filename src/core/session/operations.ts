import { ValidationError } from "../errors.ts";
import { deepMerge, type JsonObject, type JsonValue, jsonEquals } from "../json.ts";
import type { MemoryRecord } from "../record.ts";
import { compareInstants, formatMilliseconds, type Instant, toMilliseconds } from "../time.ts";
import { expireFields, withExpiries, withoutExpiredFields } from "./fields.ts";
import type {
  LearningStrategy,
  Message,
  MessageInput,
  SessionContent,
  SessionContentInput,
  SessionState,
} from "./state.ts";

/** What background work may change on a message; everything else of a message is fixed once appended. */
export interface MessagePatch {
  readonly persistedAt?: Instant | null;
  readonly extracted?: boolean;
}

/**
 * One change to a session, as data: it can be sent, logged and applied by any store. A store applies a list of them
 * atomically. List positions count from 0; negative ones from the end, -1 being the last.
 */
export type SessionOperation =
  /** Appends messages in order; ids that are already there are skipped. Result: the ids that were new. */
  | { readonly operation: "append"; readonly messages: readonly Message[] }
  /** Replaces everything. Of messages with the same id the first is kept. */
  | { readonly operation: "replace"; readonly content: SessionContent }
  /** Changes flags of messages; unknown ids are skipped. Result: how many were found. */
  | { readonly operation: "patchMessages"; readonly ids: readonly string[]; readonly patch: MessagePatch }
  /** Removes messages; unknown ids are skipped. Result: how many were found. */
  | { readonly operation: "deleteMessages"; readonly ids: readonly string[] }
  /** Sets keys of the data, leaving the others. */
  | { readonly operation: "setData"; readonly values: JsonObject }
  /** Merges into the data, objects key by key at every depth. */
  | { readonly operation: "mergeData"; readonly values: JsonObject }
  /** Replaces the data as a whole. */
  | { readonly operation: "replaceData"; readonly values: JsonObject }
  /** Removes keys of the data. Result: how many were there. */
  | { readonly operation: "deleteData"; readonly keys: readonly string[] }
  /** Adds to a number of the data, absent counting as 0. Result: the sum. */
  | { readonly operation: "increment"; readonly key: string; readonly by: number }
  /** Appends to a list, creating it. Result: its new length. */
  | { readonly operation: "pushList"; readonly list: string; readonly values: readonly JsonValue[] }
  /** Inserts before a position, clamped to the ends. Result: the new length. */
  | {
      readonly operation: "insertList";
      readonly list: string;
      readonly index: number;
      readonly value: JsonValue;
    }
  /** Removes and gives the value at a position, by default the last. Result: `[value]`, or `[]` when there is none. */
  | { readonly operation: "popList"; readonly list: string; readonly index?: number }
  /** Removes the first equal value. Result: whether there was one. */
  | { readonly operation: "removeList"; readonly list: string; readonly value: JsonValue }
  /** Replaces a list. */
  | { readonly operation: "setList"; readonly list: string; readonly values: readonly JsonValue[] }
  /** Removes a list. Result: whether it was there. */
  | { readonly operation: "deleteList"; readonly list: string }
  /** Moves an array of the data into a list of that name, unless there is one; other values there are refused. */
  | { readonly operation: "moveToList"; readonly key: string }
  /**
   * Sets when fields expire, which are keys of the data and lists: so many seconds from now, null for never. `fields` null
   * means all. The expiry of a field goes with the field. Result: how many of them there were.
   */
  | {
      readonly operation: "expireFields";
      readonly fields: readonly string[] | null;
      readonly seconds: number | null;
    }
  | { readonly operation: "setContext"; readonly context: string | null }
  | { readonly operation: "setTokens"; readonly tokens: number }
  | { readonly operation: "setStrategy"; readonly strategy: LearningStrategy }
  /** Replaces the records waiting for promotion. */
  | { readonly operation: "setRecords"; readonly records: readonly MemoryRecord[] }
  /**
   * Sets the time to live, counted from now; null for none. `onlyNew` leaves a session alone that was there before, or
   * that has a time to live.
   */
  | {
      readonly operation: "setTimeToLive";
      readonly seconds: number | null;
      readonly sliding?: boolean;
      readonly onlyNew?: boolean;
    };

/** An operation as a caller gives it: messages, and what replaces everything, may leave out what has a default. */
export type SessionOperationInput =
  | Exclude<SessionOperation, { readonly operation: "append" | "replace" }>
  | { readonly operation: "append"; readonly messages: readonly MessageInput[] }
  | { readonly operation: "replace"; readonly content: SessionContentInput };

/** The messages of a session as operations need them. A store may keep them elsewhere than the rest of the state. */
export interface MessageLog {
  has(id: string): boolean;
  append(messages: readonly Message[]): void;
  /** Changes flags; gives the number of ids found. */
  patch(ids: readonly string[], patch: MessagePatch): number;
  /** Removes messages; gives the number of ids found. */
  delete(ids: readonly string[]): number;
  replace(messages: readonly Message[]): void;
}

/** A session without its messages. */
export type SessionRest = Omit<SessionState, "messages">;

/**
 * Applies operations in order: the one meaning of each, for every store. Each sees the fields that have not expired. The
 * messages go through `log`; the rest comes back as a new value with the version, update time and expiry moved on. Nothing
 * is changed when an operation throws, provided the store undoes what `log` did.
 * @throws ValidationError when an operation does not fit the state, such as incrementing text.
 */
export function applyOperations(
  rest: SessionRest,
  log: MessageLog,
  operations: readonly SessionOperation[],
  now: Instant,
): { readonly rest: SessionRest; readonly results: JsonValue[] } {
  let next = rest;
  const results = operations.map((operation, index) => {
    const step = apply(withoutExpiredFields(next, now), log, operation, now, ["operations", index]);
    next = step.rest.fieldExpiresAt ? withExpiries(step.rest, step.rest.fieldExpiresAt) : step.rest;
    return step.result;
  });
  const restarts = next.slidingExpiry || next.expiresAt === null;
  const expiresAt = restarts ? afterItsFields(expiry(next.ttlSeconds, now), next) : next.expiresAt;
  return { rest: { ...next, expiresAt, updatedAt: now, version: rest.version + 1 }, results };
}

/** A session that expires by itself does not do so before a field that was given longer. */
function afterItsFields(expiresAt: Instant | null, rest: SessionRest): Instant | null {
  if (expiresAt === null) return null;
  const instants = [expiresAt, ...Object.values(rest.fieldExpiresAt ?? {})];
  return instants.reduce((latest, at) => (compareInstants(at, latest) > 0 ? at : latest));
}

function expiry(ttlSeconds: number | null, now: Instant): Instant | null {
  return ttlSeconds === null ? null : formatMilliseconds(toMilliseconds(now) + ttlSeconds * 1000);
}

interface Step {
  readonly rest: SessionRest;
  readonly result: JsonValue;
}

function apply(
  rest: SessionRest,
  log: MessageLog,
  operation: SessionOperation,
  now: Instant,
  path: readonly (string | number)[],
): Step {
  const changed = (part: Partial<SessionRest>, result: JsonValue = null): Step => ({
    rest: { ...rest, ...part },
    result,
  });
  const withList = (name: string, values: readonly JsonValue[], result: JsonValue): Step =>
    changed({ lists: { ...rest.lists, [name]: values } }, result);
  switch (operation.operation) {
    case "append": {
      const seen = new Set<string>();
      const fresh = operation.messages.filter(({ id }) => !seen.has(id) && seen.add(id) && !log.has(id));
      log.append(fresh);
      return changed(
        {},
        fresh.map((message) => message.id),
      );
    }
    case "replace": {
      const { messages, ...content } = operation.content;
      const seen = new Set<string>();
      log.replace(messages.filter(({ id }) => !seen.has(id) && seen.add(id)));
      const { fieldExpiresAt: _, ...kept } = rest;
      const expiresAt = expiry(content.ttlSeconds, now);
      return { rest: { ...kept, ...content, expiresAt }, result: null };
    }
    case "patchMessages":
      return changed({}, log.patch(operation.ids, operation.patch));
    case "deleteMessages":
      return changed({}, log.delete(operation.ids));
    case "setData":
      return changed({ data: { ...rest.data, ...operation.values } });
    case "mergeData":
      return changed({ data: deepMerge(rest.data, operation.values) as JsonObject });
    case "replaceData":
      return changed({ data: operation.values });
    case "deleteData": {
      const gone = new Set(operation.keys.filter((key) => Object.hasOwn(rest.data, key)));
      const left = Object.entries(rest.data).filter(([key]) => !gone.has(key));
      return changed({ data: Object.fromEntries(left) }, gone.size);
    }
    case "increment": {
      const current = Object.hasOwn(rest.data, operation.key) ? rest.data[operation.key] : 0;
      if (typeof current !== "number")
        throw ValidationError.of([...path, "key"], `holds no number: ${JSON.stringify(operation.key)}`);
      const sum = current + operation.by;
      if (!Number.isFinite(sum))
        throw ValidationError.of([...path, "by"], "makes the sum too large", operation.by);
      return changed({ data: { ...rest.data, [operation.key]: sum } }, sum);
    }
    case "pushList": {
      const values = [...listOf(rest, operation.list), ...operation.values];
      return withList(operation.list, values, values.length);
    }
    case "insertList": {
      const values = listOf(rest, operation.list);
      // Array.splice clamps on both ends as an insert should.
      values.splice(operation.index, 0, operation.value);
      return withList(operation.list, values, values.length);
    }
    case "popList": {
      const values = listOf(rest, operation.list);
      const index = operation.index ?? -1;
      const position = index < 0 ? values.length + index : index;
      if (position < 0 || position >= values.length) return changed({}, []);
      const popped = values.splice(position, 1);
      return withList(operation.list, values, popped);
    }
    case "removeList": {
      const values = listOf(rest, operation.list);
      const position = values.findIndex((value) => jsonEquals(value, operation.value));
      if (position < 0) return changed({}, false);
      values.splice(position, 1);
      return withList(operation.list, values, true);
    }
    case "setList":
      return withList(operation.list, operation.values, null);
    case "deleteList": {
      if (!Object.hasOwn(rest.lists, operation.list)) return changed({}, false);
      const { [operation.list]: _, ...left } = rest.lists;
      return changed({ lists: left }, true);
    }
    case "moveToList": {
      const { key } = operation;
      if (Object.hasOwn(rest.lists, key) || !Object.hasOwn(rest.data, key)) return changed({});
      const { [key]: values, ...data } = rest.data;
      if (!Array.isArray(values))
        throw ValidationError.of([...path, "key"], `holds no list: ${JSON.stringify(key)}`);
      return changed({ data, lists: { ...rest.lists, [key]: values } });
    }
    case "expireFields": {
      const at = expiry(operation.seconds, now);
      const { state, found } = expireFields(rest, operation.fields, at);
      return { rest: state, result: found };
    }
    case "setContext":
      return changed({ context: operation.context });
    case "setTokens":
      return changed({ tokens: operation.tokens });
    case "setStrategy":
      return changed({ strategy: operation.strategy });
    case "setRecords":
      return changed({ records: operation.records });
    case "setTimeToLive":
      if (operation.onlyNew && (rest.version > 0 || rest.ttlSeconds !== null)) return changed({});
      return changed({
        ttlSeconds: operation.seconds,
        slidingExpiry: operation.sliding ?? rest.slidingExpiry,
        expiresAt: expiry(operation.seconds, now),
      });
  }
}

function listOf(rest: SessionRest, name: string): JsonValue[] {
  return Object.hasOwn(rest.lists, name) ? [...(rest.lists[name] ?? [])] : [];
}

/** A message log in an array, for stores that hold sessions in memory. */
export function arrayLog(messages: Message[]): MessageLog {
  const ids = new Set(messages.map((message) => message.id));
  return {
    has: (id) => ids.has(id),
    append(fresh) {
      for (const message of fresh) {
        ids.add(message.id);
        messages.push(message);
      }
    },
    patch(wanted, patch) {
      const set = new Set(wanted);
      let found = 0;
      messages.forEach((message, index) => {
        if (!set.has(message.id)) return;
        messages[index] = { ...message, ...patch };
        found++;
      });
      return found;
    },
    delete(wanted) {
      const before = messages.length;
      const set = new Set(wanted);
      messages.splice(0, before, ...messages.filter((message) => !set.has(message.id)));
      for (const id of set) ids.delete(id);
      return before - messages.length;
    },
    replace(all) {
      messages.splice(0, messages.length, ...all);
      ids.clear();
      for (const message of all) ids.add(message.id);
    },
  };
}
