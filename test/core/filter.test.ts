import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ValidationError } from "../../src/core/errors.ts";
import { compareCodePoints, matches } from "../../src/core/filter/evaluate.ts";
import { FIELD_KINDS } from "../../src/core/filter/fields.ts";
import { EVERYTHING, type Filter } from "../../src/core/filter/filter.ts";
import { parseFilter } from "../../src/core/filter/parse.ts";
import type { MemoryRecord } from "../../src/core/record.ts";
import { arbitraryFilter, arbitraryRecord, arbitraryText, makeRecord } from "../../src/testing/index.ts";

const RECORD: MemoryRecord = {
  ...makeRecord("r1", {
    text: "Likes tea",
    userId: "alice",
    topics: ["drinks", "habits"],
    importance: 0.5,
    pinned: true,
    eventDate: "2026-05-04T09:30:00.000001Z",
    metadata: {
      n: 1,
      s: "1",
      t: true,
      list: ["a", 1, null],
      deep: { er: { x: "y" } },
      empty: null,
      "a.b": 1,
    },
  }),
  version: 3,
};

describe("what a filter means", () => {
  const holds: Filter[] = [
    {},
    { userId: "alice" },
    { userId: { eq: "alice" } },
    { userId: { ne: "bob" } },
    { agentId: null },
    { agentId: { ne: "x" } },
    { agentId: { none: ["x"] } },
    { agentId: { exists: false } },
    { userId: { in: ["bob", "alice"] } },
    { userId: { all: ["alice"] } },
    { userId: { startsWith: "al" } },
    { userId: { gt: "alic", lt: "alicf" } },
    { userId: { between: ["alice", "alice"] } },
    { topics: "drinks" },
    { topics: { all: ["habits", "drinks"] } },
    { topics: { any: ["x", "habits"] } },
    { topics: { none: ["x"] } },
    { topics: { startsWith: "hab" } },
    { entities: { exists: true } },
    { entities: { none: ["x"] } },
    { importance: { gte: 0.5, lte: 0.5 } },
    { version: 3 },
    { pinned: true },
    { eventDate: "2026-05-04T11:30:00.000001+02:00" },
    { eventDate: { gt: new Date("2026-05-04T09:30:00Z") } },
    { eventDate: { lt: "2026-05-04T09:30:00.000002Z" } },
    { validTo: null },
    { "metadata.n": 1 },
    { "metadata.s": "1" },
    { "metadata.t": true },
    { "metadata.list": "a" },
    { "metadata.list": { all: ["a", 1] } },
    { "metadata.deep.er.x": { startsWith: "y" } },
    { "metadata.deep": { exists: true } },
    { "metadata.empty": null },
    { "metadata.none.of.it": null },
    { userId: "alice", topics: "drinks" },
    { or: [{ userId: "bob" }, { topics: "drinks" }] },
    { not: { and: [{ userId: "alice" }, { topics: "x" }] } },
    { and: [] },
  ];

  const fails: Filter[] = [
    { userId: "Alice" },
    { userId: "alice " },
    { userId: { ne: "alice" } },
    { agentId: "null" },
    { agentId: { in: ["x"] } },
    { agentId: { gt: "" } },
    { agentId: { startsWith: "a" } },
    { agentId: { all: ["x"] } },
    { userId: { all: ["alice", "bob"] } },
    { topics: "drink" },
    { topics: { all: ["drinks", "x"] } },
    { topics: { none: ["drinks"] } },
    { entities: { any: ["x"] } },
    { entities: { exists: false } },
    { importance: { gt: 0.5 } },
    { eventDate: { lte: "2026-05-04T09:30:00Z" } },
    { validTo: { lt: "2999-01-01" } },
    { "metadata.n": "1" },
    { "metadata.n": true },
    { "metadata.s": 1 },
    { "metadata.t": 1 },
    { "metadata.t": "true" },
    { "metadata.s": { gte: 0 } },
    { "metadata.n": { gte: "" } },
    { "metadata.list": { gt: "" } },
    { "metadata.deep": "y" },
    { "metadata.a.b": 1 },
    { "metadata.list.0": "a" },
    { "metadata.constructor": { exists: true } },
    { "metadata.__proto__": { exists: true } },
    { "metadata.s.length": { exists: true } },
    { or: [] },
    { not: {} },
    { userId: "alice", topics: "x" },
  ];

  test.each(holds)("%j holds", (filter) => {
    expect(matches(RECORD, parseFilter(filter))).toBe(true);
  });

  test.each(fails)("%j does not hold", (filter) => {
    expect(matches(RECORD, parseFilter(filter))).toBe(false);
  });

  test("every field of a record can be asked for, but its metadata as a whole", () => {
    const unknown = Object.keys(RECORD).filter((field) => !(field in FIELD_KINDS));
    expect(unknown.sort()).toEqual(["extractionStrategyConfig", "metadata"]);
  });
});

describe("laws", () => {
  const record = () => arbitraryRecord("r1").map((plain): MemoryRecord => ({ ...plain, version: 1 }));
  const holdsFor = (one: MemoryRecord, filter: Filter) => matches(one, parseFilter(filter));

  test("and, or and not are those of logic", () => {
    fc.assert(
      fc.property(record(), arbitraryFilter(), arbitraryFilter(), (one, left, right) => {
        const [a, b] = [holdsFor(one, left), holdsFor(one, right)];
        expect(holdsFor(one, { and: [left, right] })).toBe(a && b);
        expect(holdsFor(one, { or: [left, right] })).toBe(a || b);
        expect(holdsFor(one, { not: left })).toBe(!a);
        expect(matches(one, EVERYTHING)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("operators are what they are said to be the same as", () => {
    const value = fc.constantFrom("a", "A", "1", "ab");
    const field = fc.constantFrom("userId", "topics", "metadata.a");
    fc.assert(
      fc.property(record(), field, fc.array(value, { minLength: 1, maxLength: 3 }), (one, name, values) => {
        const some = holdsFor(one, { [name]: { any: values } });
        expect(holdsFor(one, { [name]: { in: values } })).toBe(some);
        expect(holdsFor(one, { or: values.map((each) => ({ [name]: each })) })).toBe(some);
        expect(holdsFor(one, { [name]: { none: values } })).toBe(!some);
        expect(holdsFor(one, { [name]: { notIn: values } })).toBe(!some);
        expect(holdsFor(one, { and: values.map((each) => ({ [name]: each })) })).toBe(
          holdsFor(one, { [name]: { all: values } }),
        );
        const [first] = values;
        expect(holdsFor(one, { [name]: { ne: first } } as Filter)).toBe(
          !holdsFor(one, { [name]: first } as Filter),
        );
      }),
      { numRuns: 500 },
    );
  });

  test("text orders by code points, as its UTF-8 bytes do", () => {
    fc.assert(
      fc.property(arbitraryText(), arbitraryText(), (left, right) => {
        const bytes = Math.sign(Buffer.compare(Buffer.from(left), Buffer.from(right)));
        expect(Math.sign(compareCodePoints(left, right))).toBe(bytes);
      }),
      { numRuns: 1000 },
    );
    expect(compareCodePoints("\u{10000}", "\uffff")).toBeGreaterThan(0);
  });
});

describe("a wrong filter", () => {
  const deep = (levels: number): unknown => (levels === 0 ? {} : { not: deep(levels - 1) });
  const wrong: [unknown, string][] = [
    [null, "filter: must be an object"],
    ["userId", "filter: must be an object"],
    [[], "filter: must be an object"],
    [{ user: "x" }, "filter.user: is not a field"],
    [{ tenant: "x" }, "filter.tenant: is not a field"],
    [{ metadata: {} }, "filter.metadata: is not a field"],
    [{ "metadata.": 1 }, "filter.metadata.: is not a field"],
    [{ "metadata.a..b": 1 }, "filter.metadata.a..b: is not a field"],
    [{ constructor: "x" }, "filter.constructor: is not a field"],
    [JSON.parse('{"__proto__":{"a":1}}'), "filter.__proto__: is not a field"],
    [{ and: {} }, "filter.and: must be a list of filters"],
    [{ or: [{}, "x"] }, "filter.or.1: must be an object"],
    [{ not: [{}] }, "filter.not: must be an object"],
    [{ or: [{ not: { user: 1 } }] }, "filter.or.0.not.user: is not a field"],
    [{ userId: { like: "x" } }, "filter.userId.like: is not an operator; use one of eq, ne, any,"],
    [{ userId: { constructor: "x" } }, "filter.userId.constructor: is not an operator"],
    [{ userId: { toString: "x" } }, "filter.userId.toString: is not an operator"],
    [JSON.parse('{"userId":{"__proto__":"x"}}'), "filter.userId.__proto__: is not an operator"],
    [{ userId: {} }, "filter.userId: needs at least one operator"],
    [{ userId: 7 }, "filter.userId: must be a string"],
    [{ userId: ["x"] }, "filter.userId: must be a string"],
    [{ userId: { any: "x" } }, "filter.userId.any: must be a list of at least one value"],
    [{ userId: { none: [] } }, "filter.userId.none: must be a list of at least one value"],
    [{ userId: { any: ["x", null] } }, "filter.userId.any.1: must be a string"],
    [{ userId: { any: Array(1001).fill("x") } }, "filter.userId.any: must not have more than 1000 values"],
    [{ userId: "\ud800" }, "filter.userId: must be well-formed"],
    [{ userId: { startsWith: "" } }, "filter.userId.startsWith: must not be empty"],
    [{ userId: { exists: "yes" } }, "filter.userId.exists: must be true or false"],
    [{ importance: "0.5" }, "filter.importance: must be a number"],
    [{ importance: { gt: Number.NaN } }, "filter.importance.gt: must be a number"],
    [{ importance: { startsWith: "0" } }, "filter.importance.startsWith: does not apply to importance"],
    [{ importance: { between: [1] } }, "filter.importance.between: must be a list of exactly two"],
    [{ importance: { between: [0, "1"] } }, "filter.importance.between.1: must be a number"],
    [{ pinned: 1 }, "filter.pinned: must be true or false"],
    [{ pinned: { gt: false } }, "filter.pinned.gt: does not apply to pinned"],
    [{ topics: { lt: "a" } }, "filter.topics.lt: does not apply to topics"],
    [{ createdAt: "soon" }, "filter.createdAt: must be an instant"],
    [{ createdAt: { gte: new Date(Number.NaN) } }, "filter.createdAt.gte: must be an instant"],
    [{ "metadata.a": { gt: true } }, "filter.metadata.a.gt: must be a number or text"],
    [{ "metadata.a": [1] }, "filter.metadata.a: must be a string, number or boolean"],
    [deep(33), "must not nest deeper than 32 levels"],
  ];

  test.each(wrong)("%j is refused by name", (filter, message) => {
    const parse = () => parseFilter(filter as Filter);
    expect(parse).toThrow(ValidationError);
    expect(parse).toThrow(message);
  });

  test("may not nest deeper than 32 levels, and may up to there", () => {
    expect(matches(RECORD, parseFilter(deep(32) as Filter))).toBe(true);
  });

  test("leaves out what is undefined", () => {
    expect(parseFilter({ userId: undefined, importance: { gt: undefined, lt: 1 } } as never)).toEqual(
      parseFilter({ importance: { lt: 1 } }),
    );
  });

  test("knows the spellings of the wire contract", () => {
    const spelled = { userId: { in_: ["a"], not_eq: "b", not_in: ["c"], startswith: "a" } };
    const ours: Filter = { userId: { in: ["a"], ne: "b", notIn: ["c"], startsWith: "a" } };
    expect(parseFilter(spelled as Filter)).toEqual(parseFilter(ours));
  });
});
