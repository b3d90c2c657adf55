import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ValidationError } from "../../src/core/errors.ts";
import type { JsonObject, JsonValue } from "../../src/core/json.ts";
import { prepareOperations } from "../../src/core/session/check.ts";
import { withoutExpiredFields } from "../../src/core/session/fields.ts";
import {
  applyOperations,
  arrayLog,
  type SessionOperation,
  type SessionRest,
} from "../../src/core/session/operations.ts";
import { emptySession, type Message } from "../../src/core/session/state.ts";
import { arbitraryOperation, makeMessage } from "../../src/testing/index.ts";

const NOW = "2026-05-04T09:30:00Z";
const LATER = "2026-05-04T09:30:08Z";

function fresh(part: Partial<SessionRest> = {}): SessionRest {
  const { messages: _, ...content } = emptySession(NOW);
  const scope = { sessionId: "s", namespace: null, userId: null };
  return { ...content, ...scope, expiresAt: null, updatedAt: NOW, version: 0, ...part };
}

/** What operations make of a session that has the given state. */
function apply(operations: SessionOperation[], part: Partial<SessionRest> = {}, messages: Message[] = []) {
  const { rest, results } = applyOperations(fresh(part), arrayLog(messages), operations, NOW);
  return { ...rest, messages, results };
}

const ids = (messages: readonly Message[]) => messages.map(({ id }) => id).join("");
const some = (...names: string[]) => names.map((name) => makeMessage(name));

describe("messages", () => {
  test("are appended once each, in order", () => {
    const messages = some("a", "b", "a", "c");
    const done = apply([{ operation: "append", messages }], {}, some("b"));
    expect([ids(done.messages), done.results]).toEqual(["bac", [["a", "c"]]]);
  });

  test("are patched and deleted by id, unknown ids aside", () => {
    const done = apply(
      [
        { operation: "patchMessages", ids: ["a", "a", "x"], patch: { extracted: true } },
        { operation: "patchMessages", ids: ["b"], patch: { persistedAt: NOW } },
        { operation: "deleteMessages", ids: ["c", "c", "x"] },
        { operation: "append", messages: some("c") },
      ],
      {},
      some("a", "b", "c"),
    );
    expect(done.results).toEqual([1, 1, 1, ["c"]]);
    expect(done.messages).toEqual([
      makeMessage("a", { extracted: true }),
      makeMessage("b", { persistedAt: NOW }),
      makeMessage("c"),
    ]);
  });

  test("are replaced with everything else, the first of each id", () => {
    const content = { ...emptySession(NOW), messages: some("x", "y", "x"), data: { a: 1 }, ttlSeconds: 5 };
    const done = apply([{ operation: "replace", content }], { lists: { l: [1] } }, some("a"));
    expect(ids(done.messages)).toBe("xy");
    expect(done).toMatchObject({ data: { a: 1 }, lists: {}, expiresAt: "2026-05-04T09:30:05Z" });
    expect(done).not.toHaveProperty("content");
  });
});

describe("data", () => {
  const cases: [string, JsonObject, SessionOperation, JsonObject, JsonValue][] = [
    [
      "sets",
      { a: { b: 1 }, c: 1 },
      { operation: "setData", values: { a: { d: 2 } } },
      { a: { d: 2 }, c: 1 },
      null,
    ],
    [
      "merges",
      { a: { b: 1 } },
      { operation: "mergeData", values: { a: { d: 2 } } },
      { a: { b: 1, d: 2 } },
      null,
    ],
    ["is replaced", { a: 1 }, { operation: "replaceData", values: { b: 2 } }, { b: 2 }, null],
    [
      "loses keys",
      { a: 1, b: 2 },
      { operation: "deleteData", keys: ["a", "a", "x", "toString"] },
      { b: 2 },
      1,
    ],
    ["counts from nothing", {}, { operation: "increment", key: "n", by: 2 }, { n: 2 }, 2],
    ["counts on", { n: 2 }, { operation: "increment", key: "n", by: -0.5 }, { n: 1.5 }, 1.5],
    [
      "counts by odd names",
      {},
      { operation: "increment", key: "constructor", by: 1 },
      { constructor: 1 } as never,
      1,
    ],
  ];

  test.each(cases)("%s", (_, data, operation, expected, result) => {
    const done = apply([operation], { data });
    expect([done.data, done.results]).toEqual([expected, [result]]);
  });

  test.each([
    [{ n: "1" }, 1, "operations.1.key"],
    [{ n: null }, 1, "operations.1.key"],
    [{ n: 1e308 }, 1e308, "operations.1.by"],
  ])("refuses to count on from %j by %d, naming the place", (data, by, place) => {
    const run = () =>
      apply(
        [
          { operation: "setTokens", tokens: 1 },
          { operation: "increment", key: "n", by },
        ],
        { data },
      );
    expect(run).toThrow(ValidationError);
    expect(run).toThrow(place);
  });

  test("takes `__proto__` for a key like any other", () => {
    const values = JSON.parse('{"__proto__":{"polluted":1}}');
    for (const operation of ["setData", "mergeData", "replaceData"] as const) {
      const { data } = apply([{ operation, values }], { data: { a: 1 } });
      expect(Object.getPrototypeOf(data)).toBe(Object.prototype);
      expect(Object.hasOwn(data, "__proto__")).toBe(true);
      const left = apply([{ operation: "deleteData", keys: ["__proto__"] }], { data });
      expect([Object.hasOwn(left.data, "__proto__"), left.results]).toEqual([false, [1]]);
    }
    const counted = apply([{ operation: "increment", key: "__proto__", by: 1 }]);
    expect(JSON.stringify(counted.data)).toBe('{"__proto__":1}');
  });
});

describe("lists", () => {
  const abc = { l: ["a", "b", "c"] };
  const cases: [string, SessionOperation, JsonValue[] | undefined, JsonValue][] = [
    ["push", { operation: "pushList", list: "l", values: ["d", null] }, ["a", "b", "c", "d", null], 5],
    ["push nothing", { operation: "pushList", list: "l", values: [] }, ["a", "b", "c"], 3],
    ["insert first", { operation: "insertList", list: "l", index: 0, value: "x" }, ["x", "a", "b", "c"], 4],
    ["insert inside", { operation: "insertList", list: "l", index: 1, value: "x" }, ["a", "x", "b", "c"], 4],
    ["insert last", { operation: "insertList", list: "l", index: 3, value: "x" }, ["a", "b", "c", "x"], 4],
    [
      "insert beyond the end",
      { operation: "insertList", list: "l", index: 99, value: "x" },
      ["a", "b", "c", "x"],
      4,
    ],
    [
      "insert before the last",
      { operation: "insertList", list: "l", index: -1, value: "x" },
      ["a", "b", "x", "c"],
      4,
    ],
    [
      "insert before the start",
      { operation: "insertList", list: "l", index: -9, value: "x" },
      ["x", "a", "b", "c"],
      4,
    ],
    ["pop the last", { operation: "popList", list: "l" }, ["a", "b"], ["c"]],
    ["pop the first", { operation: "popList", list: "l", index: 0 }, ["b", "c"], ["a"]],
    ["pop from the end", { operation: "popList", list: "l", index: -3 }, ["b", "c"], ["a"]],
    ["pop beyond the end", { operation: "popList", list: "l", index: 3 }, ["a", "b", "c"], []],
    ["pop before the start", { operation: "popList", list: "l", index: -4 }, ["a", "b", "c"], []],
    ["remove", { operation: "removeList", list: "l", value: "b" }, ["a", "c"], true],
    ["remove nothing", { operation: "removeList", list: "l", value: "x" }, ["a", "b", "c"], false],
    ["set", { operation: "setList", list: "l", values: [{ x: 1 }] }, [{ x: 1 }], null],
    ["delete", { operation: "deleteList", list: "l" }, undefined, true],
  ];

  test.each(cases)("%s", (_, operation, expected, result) => {
    const done = apply([operation], { lists: abc });
    expect([done.lists["l"], done.results]).toEqual([expected, [result]]);
    expect(abc).toEqual({ l: ["a", "b", "c"] });
  });

  test("remove the first equal value, whatever the order of its keys", () => {
    const lists = { l: [{ a: 1 }, { a: 1, b: [2] }, { b: [2], a: 1 }] };
    const done = apply([{ operation: "removeList", list: "l", value: { b: [2], a: 1 } }], { lists });
    expect(done.lists["l"]).toEqual([{ a: 1 }, { b: [2], a: 1 }]);
  });

  test.each(["absent", "constructor", "__proto__", "toString"])(
    "named %s are absent until something is put in",
    (list) => {
      const none = apply([
        { operation: "popList", list },
        { operation: "removeList", list, value: null },
        { operation: "deleteList", list },
      ]);
      expect(none.results).toEqual([[], false, false]);
      expect(Object.keys(none.lists)).toEqual([]);
      const kept = apply([{ operation: "pushList", list, values: [1] }]);
      expect([Object.keys(kept.lists), kept.results]).toEqual([[list], [1]]);
      expect(Object.getPrototypeOf(kept.lists)).toBe(Object.prototype);
      const gone = apply([{ operation: "deleteList", list }], { lists: kept.lists });
      expect([Object.keys(gone.lists), gone.results]).toEqual([[], [true]]);
    },
  );

  test("an emptied list stays, empty", () => {
    expect(apply([{ operation: "popList", list: "l" }], { lists: { l: [1] } }).lists).toEqual({ l: [] });
  });
});

describe("time to live", () => {
  const write = (rest: SessionRest, operations: SessionOperation[], now: string) =>
    applyOperations(rest, arrayLog([]), operations, now).rest;

  test("slides with every write unless it is fixed", () => {
    const live = (sliding: boolean): SessionOperation => ({
      operation: "setTimeToLive",
      seconds: 10,
      sliding,
    });
    const sliding = write(fresh(), [live(true)], NOW);
    expect(write(sliding, [], LATER).expiresAt).toBe("2026-05-04T09:30:18Z");
    const fixed = write(fresh(), [live(false)], NOW);
    expect(write(fixed, [], LATER).expiresAt).toBe("2026-05-04T09:30:10Z");
    const again = write(fixed, [{ operation: "setTimeToLive", seconds: 10 }], LATER);
    expect([again.expiresAt, again.slidingExpiry]).toEqual(["2026-05-04T09:30:18Z", false]);
    expect(write(fixed, [{ operation: "setTimeToLive", seconds: null }], LATER).expiresAt).toBeNull();
  });
});

describe("a time to live", () => {
  const TTL = { operation: "setTimeToLive", seconds: 60, onlyNew: true } as const;
  const MINUTE = "2026-05-04T09:31:00Z";

  test("can be given to new sessions only, and to those that have none", () => {
    expect(apply([TTL]).expiresAt).toBe(MINUTE);
    expect(apply([{ operation: "setTokens", tokens: 1 }, TTL]).expiresAt).toBe(MINUTE);
    expect(apply([TTL], { version: 1 })).toMatchObject({ expiresAt: null, ttlSeconds: null });
    expect(apply([{ operation: "setTimeToLive", seconds: 9 }, TTL]).expiresAt).toBe("2026-05-04T09:30:09Z");
  });

  test("lasts as long as the fields do, unless it is fixed", () => {
    const field = { operation: "expireFields", fields: ["a"], seconds: 3600 } as const;
    const part = { data: { a: 1 } };
    expect(apply([TTL, field], part).expiresAt).toBe("2026-05-04T10:30:00Z");
    expect(apply([TTL, { ...field, seconds: 5 }], part).expiresAt).toBe(MINUTE);
    expect(apply([TTL, { ...field, seconds: null }], part).expiresAt).toBe(MINUTE);
    expect(apply([{ ...TTL, sliding: false }, field], part).expiresAt).toBe(MINUTE);
    expect(apply([field], part).expiresAt).toBeNull();
  });
});

describe("a write", () => {
  test("adds one to the version and moves the update time, however many operations", () => {
    expect(apply([], { version: 4, updatedAt: "2020-01-01T00:00:00Z" })).toMatchObject({
      version: 5,
      updatedAt: NOW,
    });
    const operations: SessionOperation[] = [
      { operation: "setContext", context: "summary" },
      { operation: "setTokens", tokens: 7 },
      { operation: "setStrategy", strategy: { strategy: "summary", config: { a: 1 } } },
      { operation: "setRecords", records: [] },
    ];
    expect(apply(operations, { version: 4 })).toMatchObject({
      version: 5,
      context: "summary",
      tokens: 7,
      results: [null, null, null, null],
    });
  });

  test("changes nothing that it was given", () => {
    fc.assert(
      fc.property(fc.array(arbitraryOperation(), { maxLength: 6 }), (operations) => {
        const rest = fresh({ data: { a: { b: 1 } }, lists: { list: [1, [2]] } });
        const before = JSON.stringify([rest, operations]);
        try {
          applyOperations(rest, arrayLog(some("m1", "m2")), operations, NOW);
        } catch (error) {
          expect(error).toBeInstanceOf(ValidationError);
        }
        expect(JSON.stringify([rest, operations])).toBe(before);
      }),
      { numRuns: 300 },
    );
  });

  test("comes to the same whether its operations come together or one by one", () => {
    fc.assert(
      fc.property(fc.array(arbitraryOperation(), { maxLength: 6 }), (operations) => {
        const run = (groups: SessionOperation[][]) => {
          const messages = some("m1", "m2");
          // Not the first write: some operations ask whether it is.
          let rest = fresh({ data: { a: 1 }, lists: { list: [1] }, version: 1 });
          const results: JsonValue[] = [];
          for (const group of groups) {
            const step = applyOperations(rest, arrayLog(messages), group, NOW);
            rest = step.rest;
            results.push(...step.results);
          }
          return { ...rest, version: 0, messages, results };
        };
        try {
          expect(run([operations])).toEqual(run(operations.map((operation) => [operation])));
        } catch (error) {
          if (!(error instanceof ValidationError)) throw error;
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("fields", () => {
  const SOON = "2026-05-04T09:30:05Z";

  test("expire at an instant, keys of the data and lists alike", () => {
    const done = apply([{ operation: "expireFields", fields: ["a", "l", "no"], seconds: 5 }], {
      data: { a: 1, b: 2 },
      lists: { l: [1] },
    });
    expect([done.fieldExpiresAt, done.results]).toEqual([{ a: SOON, l: SOON }, [2]]);
    const seen = (now: string) => {
      const { data, lists } = withoutExpiredFields(done, now);
      return [data, lists];
    };
    expect(seen("2026-05-04T09:30:04.999999Z")).toEqual([{ a: 1, b: 2 }, { l: [1] }]);
    expect(seen(SOON)).toEqual([{ b: 2 }, {}]);
  });

  test("expire all together, or no more", () => {
    const part = { data: { a: 1 }, lists: { l: [1] }, fieldExpiresAt: { a: LATER } };
    const all = apply([{ operation: "expireFields", fields: null, seconds: 5 }], part);
    expect([all.fieldExpiresAt, all.results]).toEqual([{ a: SOON, l: SOON }, [2]]);
    const none = apply([{ operation: "expireFields", fields: ["a"], seconds: null }], part);
    expect(none).not.toHaveProperty("fieldExpiresAt");
  });

  test("that have expired are gone for every operation", () => {
    const done = apply(
      [
        { operation: "increment", key: "n", by: 1 },
        { operation: "pushList", list: "l", values: [2] },
      ],
      { data: { n: 5, kept: 1 }, lists: { l: [1] }, fieldExpiresAt: { n: NOW, l: NOW, kept: LATER } },
    );
    expect([done.data, done.lists, done.results]).toEqual([{ n: 1, kept: 1 }, { l: [2] }, [1, 1]]);
    expect(done.fieldExpiresAt).toEqual({ kept: LATER });
  });

  test("lose their expiry when they are removed or the session is replaced", () => {
    const part = {
      data: { a: 1, b: 1 },
      lists: { l: [1] },
      fieldExpiresAt: { a: LATER, b: LATER, l: LATER },
    };
    const removed = apply(
      [
        { operation: "deleteData", keys: ["a"] },
        { operation: "deleteList", list: "l" },
      ],
      part,
    );
    expect(removed.fieldExpiresAt).toEqual({ b: LATER });
    const replaced = apply(
      [{ operation: "replace", content: { ...emptySession(NOW), data: { a: 1 } } }],
      part,
    );
    expect(replaced).not.toHaveProperty("fieldExpiresAt");
    const content = { ...emptySession(NOW), data: { a: 1 }, fieldExpiresAt: { a: LATER, gone: LATER } };
    expect(apply([{ operation: "replace", content }], part).fieldExpiresAt).toEqual({ a: LATER });
  });

  test("that are arrays in the data can become lists", () => {
    const move = (key: string) => ({ operation: "moveToList", key }) as const;
    const part = {
      data: { l: [1, 2], both: [3], text: "x" },
      lists: { both: [4] },
      fieldExpiresAt: { l: LATER },
    };
    const done = apply([move("l"), move("l"), move("both"), move("none")], part);
    expect([done.data, done.lists]).toEqual([
      { both: [3], text: "x" },
      { both: [4], l: [1, 2] },
    ]);
    expect(done.fieldExpiresAt).toEqual({ l: LATER });
    expect(() => apply([move("text")], part)).toThrow("operations.0.key: holds no list");
  });

  test("are checked by name", () => {
    const wrong: [object, string][] = [
      [{ operation: "moveToList", key: 1 }, "operations.0.key"],
      [{ operation: "expireFields", fields: "a", seconds: 1 }, "operations.0.fields"],
      [{ operation: "expireFields", fields: [1], seconds: 1 }, "operations.0.fields.0"],
      [{ operation: "expireFields", fields: null, seconds: "1" }, "operations.0.seconds"],
      [
        { operation: "replace", content: { ...emptySession(NOW), fieldExpiresAt: { a: "tomorrow" } } },
        "fieldExpiresAt.a",
      ],
    ];
    for (const [operation, place] of wrong)
      expect(() =>
        prepareOperations([operation as SessionOperation], { now: NOW, ids: { next: () => "id" } }),
      ).toThrow(place);
  });
});
