import fc from "fast-check";
import type { SessionOperation } from "../core/session/operations.ts";
import { arbitraryJson, arbitraryJsonObject, arbitraryMessages, arbitraryText } from "./arbitraries.ts";
import { makeRecord, START } from "./build.ts";

type Kind = SessionOperation["operation"];

/** One operation on a session, each kind as likely as another; positions and keys are small enough to hit and to miss. */
export function arbitraryOperation(): fc.Arbitrary<SessionOperation> {
  return fc.oneof(...Object.values(OPERATIONS).map((operation) => operation()));
}

const key = () => fc.constantFrom("a", "b", "count", "__proto__", "constructor", "a.b");
const list = () => fc.constantFrom("list", "other", "__proto__", "toString");
const field = () => fc.oneof(key(), list());
const index = () => fc.integer({ min: -4, max: 4 });
const ids = () => fc.subarray(["m1", "m2", "m3", "m4", "M1", "é", "never"]);
const ttl = () => fc.constantFrom(null, 0, 0.5, 10, 60, 3600);
const instant = () => fc.constantFrom(null, START, "2026-05-04T09:30:00.000001Z");
const fieldExpiresAt = () =>
  fc.dictionary(field(), fc.constantFrom(START, "2026-05-04T09:30:10Z", "2026-05-04T10:30:00.500Z"), {
    maxKeys: 3,
    noNullPrototype: true,
  });
const strategy = () => fc.record({ strategy: arbitraryText(), config: arbitraryJsonObject() });
const lists = () =>
  fc.dictionary(list(), fc.array(arbitraryJson(), { maxLength: 3 }), { maxKeys: 3, noNullPrototype: true });
const records = () => fc.constantFrom([], [{ ...makeRecord("r1"), version: 1 }]);

/** One generator for each kind of operation: the type makes sure that none is missing. */
const OPERATIONS: { [kind in Kind]: () => fc.Arbitrary<Extract<SessionOperation, { operation: kind }>> } = {
  append: () => fc.record({ operation: fc.constant("append"), messages: arbitraryMessages() }),
  replace: () =>
    fc.record({
      operation: fc.constant("replace"),
      content: fc.record(
        {
          messages: arbitraryMessages(),
          records: records(),
          data: arbitraryJsonObject(),
          lists: lists(),
          fieldExpiresAt: fieldExpiresAt(),
          context: fc.option(arbitraryText(), { nil: null }),
          tokens: fc.nat(),
          ttlSeconds: ttl(),
          slidingExpiry: fc.boolean(),
          strategy: strategy(),
          createdAt: fc.constant(START),
          lastAccessedAt: fc.constant(START),
        },
        {
          requiredKeys: [
            "messages",
            "records",
            "data",
            "lists",
            "context",
            "tokens",
            "ttlSeconds",
            "slidingExpiry",
            "strategy",
            "createdAt",
            "lastAccessedAt",
          ],
        },
      ),
    }),
  patchMessages: () =>
    fc.record({
      operation: fc.constant("patchMessages"),
      ids: ids(),
      patch: fc.oneof(
        fc.record({ persistedAt: instant() }),
        fc.record({ extracted: fc.boolean() }),
        fc.record({ persistedAt: instant(), extracted: fc.boolean() }),
      ),
    }),
  deleteMessages: () => fc.record({ operation: fc.constant("deleteMessages"), ids: ids() }),
  setData: () => fc.record({ operation: fc.constant("setData"), values: arbitraryJsonObject() }),
  mergeData: () => fc.record({ operation: fc.constant("mergeData"), values: arbitraryJsonObject() }),
  replaceData: () => fc.record({ operation: fc.constant("replaceData"), values: arbitraryJsonObject() }),
  deleteData: () =>
    fc.record({ operation: fc.constant("deleteData"), keys: fc.array(key(), { maxLength: 3 }) }),
  increment: () =>
    fc.record({
      operation: fc.constant("increment"),
      key: key(),
      by: fc.constantFrom(1, -1, 0.5, 0.1, 1e308, -1e308),
    }),
  pushList: () =>
    fc.record({
      operation: fc.constant("pushList"),
      list: list(),
      values: fc.array(arbitraryJson(), { maxLength: 3 }),
    }),
  insertList: () =>
    fc.record({ operation: fc.constant("insertList"), list: list(), index: index(), value: arbitraryJson() }),
  popList: () =>
    fc.oneof(
      fc.record({ operation: fc.constant("popList"), list: list() }),
      fc.record({ operation: fc.constant("popList"), list: list(), index: index() }),
    ),
  removeList: () => fc.record({ operation: fc.constant("removeList"), list: list(), value: arbitraryJson() }),
  setList: () =>
    fc.record({
      operation: fc.constant("setList"),
      list: list(),
      values: fc.array(arbitraryJson(), { maxLength: 3 }),
    }),
  deleteList: () => fc.record({ operation: fc.constant("deleteList"), list: list() }),
  moveToList: () => fc.record({ operation: fc.constant("moveToList"), key: field() }),
  expireFields: () =>
    fc.record({
      operation: fc.constant("expireFields"),
      fields: fc.option(fc.array(field(), { maxLength: 3 }), { nil: null }),
      seconds: ttl(),
    }),
  setContext: () =>
    fc.record({ operation: fc.constant("setContext"), context: fc.option(arbitraryText(), { nil: null }) }),
  setTokens: () => fc.record({ operation: fc.constant("setTokens"), tokens: fc.nat() }),
  setStrategy: () => fc.record({ operation: fc.constant("setStrategy"), strategy: strategy() }),
  setRecords: () => fc.record({ operation: fc.constant("setRecords"), records: records() }),
  setTimeToLive: () =>
    fc.oneof(
      fc.record({ operation: fc.constant("setTimeToLive"), seconds: ttl() }),
      fc.record({ operation: fc.constant("setTimeToLive"), seconds: ttl(), sliding: fc.boolean() }),
      fc.record({ operation: fc.constant("setTimeToLive"), seconds: ttl(), onlyNew: fc.boolean() }),
    ),
};
