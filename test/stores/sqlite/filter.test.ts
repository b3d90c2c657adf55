import fc from "fast-check";
import { expect, test } from "vitest";
import { matches } from "../../../src/core/filter/evaluate.ts";
import type { Filter, FilterValue } from "../../../src/core/filter/filter.ts";
import { parseFilter } from "../../../src/core/filter/parse.ts";
import type { JsonObject, JsonValue } from "../../../src/core/json.ts";
import type { Store } from "../../../src/core/store.ts";
import { at, makeRecord, type NewRecord, putRecord } from "../../../src/testing/build.ts";
import { openScratch } from "./scratch.ts";

/**
 * The conformance suite compares every operator on every field. Here: the values that SQLite reads differently from
 * JavaScript, and that the past is filtered as the present is.
 */

const KEYS = [
  "k",
  "__proto__",
  "toString",
  'q"k',
  "q'k",
  "b\\k",
  "n\nk",
  "é😀",
  "%",
  "_",
  "$",
  "[0]",
  "0",
  "a b",
];

const NUMBERS = [
  -0,
  5e-324,
  1.7976931348623157e308,
  -1e21,
  2 ** 53 - 1,
  2 ** 53 + 2,
  2 ** 60,
  2 ** 63,
  -(2 ** 63),
  0.1 + 0.2,
  0.3,
  123456789012345.67,
];

const TEXTS = [
  "",
  "1",
  "-0",
  "1e21",
  "a\0b",
  "a\0c",
  "😀",
  "\uffff",
  "\ud7ff\u{10ffff}",
  "\u{10ffff}",
  '"',
  "\\",
  "\u007f",
];

function arbitraryNumber(): fc.Arbitrary<number> {
  return fc.oneof(
    fc.constantFrom(...NUMBERS),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.bigInt({ min: -(2n ** 65n), max: 2n ** 65n }).map(Number),
  );
}

function arbitraryText(): fc.Arbitrary<string> {
  return fc.oneof(fc.constantFrom(...TEXTS), fc.string({ unit: "binary", maxLength: 6 }));
}

function arbitraryScalar(): fc.Arbitrary<string | number | boolean> {
  return fc.oneof(arbitraryNumber(), arbitraryText(), fc.boolean());
}

function arbitraryMetadata(): fc.Arbitrary<JsonObject> {
  const value: fc.Arbitrary<JsonValue> = fc.oneof(
    { weight: 4, arbitrary: arbitraryScalar() },
    { weight: 1, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.array(fc.oneof(arbitraryScalar(), fc.constant(null)), { maxLength: 3 }) },
  );
  const inner = fc.dictionary(fc.constantFrom(...KEYS), value, { maxKeys: 2, noNullPrototype: true });
  return fc.dictionary(fc.constantFrom(...KEYS), fc.oneof(value, inner), {
    maxKeys: 4,
    noNullPrototype: true,
  });
}

/** The number next to `value`, one bit away. */
function neighbour(value: number, up: boolean): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  view.setBigInt64(0, view.getBigInt64(0) + (up ? 1n : -1n));
  const next = view.getFloat64(0);
  return Number.isFinite(next) ? next : value;
}

/** Operands that nearly are one of the stored values: the same, one bit beside it, or it as text. */
function operandsNear(records: readonly NewRecord[]): fc.Arbitrary<FilterValue> {
  const stored = records.flatMap((record) => leaves(record.metadata));
  const near = stored.flatMap<string | number | boolean>((value) =>
    typeof value === "number"
      ? [value, neighbour(value, true), neighbour(value, false), String(value)]
      : [value],
  );
  return near.length === 0 ? arbitraryScalar() : fc.oneof(fc.constantFrom(...near), arbitraryScalar());
}

function leaves(value: JsonValue): (string | number | boolean)[] {
  if (value === null) return [];
  return typeof value === "object" ? Object.values(value).flatMap(leaves) : [value];
}

function arbitraryFilter(operand: fc.Arbitrary<FilterValue>): fc.Arbitrary<Filter> {
  const path = fc.oneof(
    fc.constantFrom(...KEYS),
    fc.tuple(fc.constantFrom(...KEYS), fc.constantFrom(...KEYS)).map((keys) => keys.join(".")),
  );
  const bound = operand.filter((value) => typeof value !== "boolean");
  const list = fc.array(operand, { minLength: 1, maxLength: 3 });
  const many = fc.array(operand, { minLength: 17, maxLength: 40 });
  const prefix = fc.oneof(
    operand.filter((value) => typeof value === "string" && value !== ""),
    fc.constant("a"),
  );
  const condition = fc.oneof(
    fc.record({ eq: operand }),
    fc.record({ ne: operand }),
    fc.record({ in: fc.oneof(list, many) }),
    fc.record({ all: list }),
    fc.record({ gt: bound }),
    fc.record({ gte: bound }),
    fc.record({ lt: bound }),
    fc.record({ lte: bound }),
    fc.record({ startsWith: prefix }),
    fc.record({ exists: fc.boolean() }),
  );
  const leaf = fc.tuple(path, condition).map(([name, given]) => ({ [`metadata.${name}`]: given }) as Filter);
  return fc.oneof(
    leaf,
    leaf.map((not) => ({ not })),
    fc.tuple(leaf, leaf).map((or) => ({ or })),
  );
}

function arbitraryCase(): fc.Arbitrary<{ records: NewRecord[]; filters: Filter[] }> {
  return fc
    .array(fc.record({ metadata: arbitraryMetadata(), text: arbitraryText() }), {
      minLength: 1,
      maxLength: 5,
    })
    .map((parts) => parts.map((part, index) => makeRecord(`r${index}`, part)))
    .chain((records) =>
      fc.record({
        records: fc.constant(records),
        filters: fc.array(arbitraryFilter(operandsNear(records)), { minLength: 5, maxLength: 10 }),
      }),
    );
}

async function expectSame(store: Store, tenant: string, records: readonly NewRecord[], filter: Filter) {
  const node = parseFilter(filter);
  const expected = records.filter((record) => matches({ ...record, version: 1 }, node)).map(({ id }) => id);
  const query = { filter: node, now: at(0), order: "oldest", limit: 100 } as const;
  const label = JSON.stringify({ filter, records });
  expect(
    (await store.list(tenant, query)).map(({ id }) => id),
    label,
  ).toEqual(expected);
  const past = await store.list(tenant, { ...query, asOf: at(0) });
  expect(
    past.map(({ id }) => id),
    label,
  ).toEqual(expected);
  expect(await store.count(tenant, query)).toBe(expected.length);
  expect(await store.rows(tenant, node, at(0))).toHaveLength(expected.length);
}

test("metadata is filtered in the present and the past as the reference evaluator filters it", async () => {
  const store = await openScratch(":memory:");
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(arbitraryCase(), async ({ records, filters }) => {
      const tenant = `tenant-${runs++}`;
      await store.write(tenant, { writes: records.map((record) => putRecord(record)), now: at(0) });
      for (const filter of filters) await expectSame(store, tenant, records, filter);
    }),
    { numRuns: 300 },
  );
});

test("every field of the past is filtered as in the present", async () => {
  const store = await openScratch(":memory:");
  const record = makeRecord("a", {
    text: "a\0b",
    namespace: "n",
    agentId: "g",
    sessionId: "s",
    speaker: "p",
    topics: ["t\0", "%"],
    extractedFrom: ["m"],
    importance: 0.1 + 0.2,
    pinned: true,
    accessCount: 3,
    eventDate: "2026-05-04T09:30:00.500Z",
    validFrom: "2026-05-04T09:30:00.000001Z",
  });
  await store.write("t", { writes: [putRecord(record)], now: at(0) });
  const holding: Filter[] = [
    { text: { startsWith: "a\0" }, namespace: "n", agentId: "g", sessionId: "s", speaker: "p" },
    { topics: { all: ["%", "t\0"] }, extractedFrom: "m", entities: { none: ["x"] }, userId: null },
    { importance: { gt: 0.3, lte: 0.1 + 0.2 }, pinned: true, extracted: false, accessCount: 3, version: 1 },
    { eventDate: { gt: "2026-05-04T09:30:00.499999Z", lt: "2026-05-04T09:30:00.500001Z" }, validTo: null },
    { validFrom: "2026-05-04T09:30:00.000001Z", createdAt: at(0), updatedAt: { lte: at(0) } },
    { hash: record.hash, extractionStrategy: "none", type: "semantic", id: "a" },
  ];
  for (const filter of holding) {
    for (const [given, count] of [
      [filter, 1],
      [{ not: filter }, 0],
    ] as const) {
      const query = { filter: parseFilter(given), now: at(0) };
      expect(await store.count("t", query), JSON.stringify(given)).toBe(count);
      expect(await store.count("t", { ...query, asOf: at(0) }), JSON.stringify(given)).toBe(count);
    }
  }
});
