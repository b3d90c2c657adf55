import type { SessionOperation } from "../../../core/session/operations.ts";
import type { Message, SessionContent } from "../../../core/session/state.ts";
import type { EncodeValue, Stored } from "../values.ts";
import { encodeMessage, flag, persistedText } from "./messages.ts";
import { EVERY_PART, type InstructionPart } from "./scripts/write.ts";

/** What the script is told: instructions with their arguments, and which keys of the data must hold numbers. */
export interface Plan {
  readonly instructions: readonly Stored[];
  /** Key and summand of each increment. */
  readonly sums: readonly (readonly [key: string, by: number])[];
  /** What the script must know. */
  readonly parts: ReadonlySet<InstructionPart>;
  /** Whether fields may be taken away by somebody who does not know which of them expire. */
  readonly removes: boolean;
}

/** Result of an operation that has none. */
const NO_RESULT = ["result", "jnull"] as const;

/**
 * Operations as instructions, where they can be told without knowing the session; null where they cannot. Every result
 * is given by exactly one instruction.
 */
export function planBlindly(operations: readonly SessionOperation[], encode: EncodeValue): Plan | null {
  const instructions: Stored[] = [];
  const sums: [string, number][] = [];
  let touchesData = false;
  for (const operation of operations) {
    if (operation.operation === "increment") {
      // Sums are checked before anything is written, so nothing in the same write may change what they start from.
      if (touchesData) return null;
      sums.push([operation.key, operation.by]);
    }
    touchesData ||= CHANGES_DATA.has(operation.operation);
    const told = instructionsFor(operation, encode);
    if (told === null) return null;
    instructions.push(...told);
  }
  return {
    instructions,
    sums,
    parts: new Set(operations.flatMap(({ operation }) => PARTS[operation] ?? EVERY_PART)),
    removes: operations.some(({ operation }) => TAKES_FIELDS.has(operation)),
  };
}

/** The parts whose instructions an operation is told in; all where it is not said. */
const PARTS: { readonly [name in SessionOperation["operation"]]?: readonly InstructionPart[] } = {
  append: ["messages"],
  patchMessages: ["messages"],
  deleteMessages: ["messages"],
  setData: ["data"],
  deleteData: ["data"],
  increment: ["data"],
  pushList: ["lists"],
  popList: ["lists"],
  setList: ["lists"],
  deleteList: ["lists"],
  setContext: ["settings"],
  setTokens: ["settings"],
  setStrategy: ["settings"],
  setRecords: ["settings"],
  setTimeToLive: ["settings"],
};

const TAKES_FIELDS: ReadonlySet<SessionOperation["operation"]> = new Set([
  "replace",
  "replaceData",
  "deleteData",
  "deleteList",
]);

const CHANGES_DATA: ReadonlySet<SessionOperation["operation"]> = new Set([
  "replace",
  "setData",
  "mergeData",
  "replaceData",
  "deleteData",
  "increment",
]);

/** Null for an operation that depends on values of the session. */
export function instructionsFor(operation: SessionOperation, encode: EncodeValue): Stored[] | null {
  switch (operation.operation) {
    case "append":
      return append(operation.messages, encode);
    case "replace":
      return operation.content.fieldExpiresAt === undefined ? replace(operation.content, encode) : null;
    case "patchMessages": {
      const { extracted, persistedAt } = operation.patch;
      const ids = [...new Set(operation.ids)];
      return [
        "patch",
        extracted === undefined ? "" : flag(extracted),
        persistedAt === undefined ? "" : persistedText(persistedAt),
        String(ids.length),
        ...ids,
      ];
    }
    case "deleteMessages": {
      const ids = [...new Set(operation.ids)];
      return ["delete", String(ids.length), ...ids];
    }
    case "setData":
      return [...setData(operation.values, encode), ...NO_RESULT];
    case "replaceData":
      return ["wipe", "data", ...setData(operation.values, encode), ...NO_RESULT];
    case "deleteData":
      return ["unset", String(operation.keys.length), ...operation.keys];
    case "increment":
      return ["increment", operation.key, String(operation.by)];
    case "pushList":
      return ["push", operation.list, ...counted(operation.values.map(encode))];
    case "popList":
      if (operation.index === undefined || operation.index === -1) return ["pop", operation.list, "last"];
      return operation.index === 0 ? ["pop", operation.list, "first"] : null;
    case "setList":
      return [...fillList(operation.list, operation.values, encode), ...NO_RESULT];
    case "deleteList":
      return ["drop", operation.list];
    case "setContext":
      return [...setMeta("context", operation.context, encode), ...NO_RESULT];
    case "setTokens":
      return [...setMeta("tokens", operation.tokens, encode), ...NO_RESULT];
    case "setStrategy":
      return [...setMeta("strategy", operation.strategy, encode), ...NO_RESULT];
    case "setRecords":
      return [...setMeta("records", operation.records, encode), ...NO_RESULT];
    case "setTimeToLive":
      return [
        ...setTtl(
          operation.seconds,
          operation.sliding === undefined ? "" : flag(operation.sliding),
          operation.onlyNew,
        ),
        ...NO_RESULT,
      ];
    case "mergeData":
    case "insertList":
    case "removeList":
    case "moveToList":
    case "expireFields":
      return null;
  }
}

function append(messages: readonly Message[], encode: EncodeValue): Stored[] {
  const told = messages.flatMap((message) => [
    message.id,
    JSON.stringify(message.id),
    encodeMessage(message, encode),
  ]);
  return ["append", String(messages.length), ...told];
}

export function replace(content: SessionContent, encode: EncodeValue): Stored[] {
  return [
    "wipe",
    "all",
    ...append(content.messages, encode),
    "forget",
    ...setData(content.data, encode),
    ...Object.entries(content.lists).flatMap(([name, values]) => fillList(name, values, encode)),
    ...setMeta("records", content.records, encode),
    ...setMeta("context", content.context, encode),
    ...setMeta("tokens", content.tokens, encode),
    ...setMeta("strategy", content.strategy, encode),
    "meta",
    "created",
    content.createdAt,
    "meta",
    "accessed",
    content.lastAccessedAt,
    ...setTtl(content.ttlSeconds, flag(content.slidingExpiry)),
    ...NO_RESULT,
  ];
}

export function setData(values: Readonly<Record<string, unknown>>, encode: EncodeValue): Stored[] {
  const pairs = Object.entries(values);
  return ["set", String(pairs.length), ...pairs.flatMap(([name, value]) => [name, encode(value)])];
}

export function fillList(name: string, values: readonly unknown[], encode: EncodeValue): Stored[] {
  return ["fill", name, ...counted(values.map(encode))];
}

function setMeta(name: string, value: unknown, encode: EncodeValue): Stored[] {
  return ["meta", name, encode(value)];
}

function counted(values: readonly Stored[]): Stored[] {
  return [String(values.length), ...values];
}

function setTtl(seconds: number | null, sliding: string, onlyNew = false): Stored[] {
  return ["ttl", seconds === null ? "" : String(seconds), sliding, flag(onlyNew)];
}
