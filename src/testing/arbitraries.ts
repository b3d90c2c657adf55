import fc from "fast-check";
import { FIELD_KINDS, type FieldKind, type FilterField } from "../core/filter/fields.ts";
import type { Filter, FilterValue } from "../core/filter/filter.ts";
import type { JsonObject, JsonValue } from "../core/json.ts";
import { RECORD_TYPES, type RecordInput } from "../core/record.ts";
import type { Message } from "../core/session/state.ts";
import { compareInstants, type Instant } from "../core/time.ts";
import { at, makeMessage, makeRecord, type NewRecord, START } from "./build.ts";
import { NEIGHBOURS, ODD_TEXTS } from "./odd-text.ts";

/**
 * Random inputs for property tests of stores. Values come from small pools, so that records and filters meet often, and the
 * pools hold what engines are known to confuse: `1` and `true`, `a.b` and `a:b`, instants a microsecond apart.
 */

/** Any well-formed text. */
export function arbitraryText(): fc.Arbitrary<string> {
  return fc.oneof(
    fc.constantFrom(...ODD_TEXTS.filter((text) => text.length < 100)),
    fc.string({ unit: "binary", maxLength: 20 }),
    fc.string({ unit: "grapheme", maxLength: 20 }),
  );
}

/** An id or scope label. */
export function arbitraryLabel(): fc.Arbitrary<string> {
  return fc.oneof(
    fc.constantFrom(...NEIGHBOURS),
    fc.string({ unit: "binary", minLength: 1, maxLength: 12 }).filter((label) => !label.includes("\0")),
  );
}

/** Any JSON value, with keys such as `__proto__` among others. */
export function arbitraryJson(): fc.Arbitrary<JsonValue> {
  return fc.letrec<{ value: JsonValue; object: JsonObject }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3, depthSize: "small" },
      arbitraryScalar(),
      fc.array(tie("value"), { maxLength: 3 }) as fc.Arbitrary<JsonValue>,
      tie("object"),
    ),
    object: fc.dictionary(arbitraryKey(), tie("value"), { maxKeys: 3, noNullPrototype: true }),
  })).value;
}

export function arbitraryJsonObject(): fc.Arbitrary<JsonObject> {
  return fc.dictionary(arbitraryKey(), arbitraryJson(), { maxKeys: 4, noNullPrototype: true });
}

function arbitraryKey(): fc.Arbitrary<string> {
  return fc.oneof(
    fc.constantFrom("a", "b", "a.b", "__proto__", "constructor", "", '"', "$"),
    arbitraryText(),
  );
}

function arbitraryScalar(): fc.Arbitrary<JsonValue> {
  return fc.oneof(
    fc.constantFrom<JsonValue[]>(...SCALARS, null),
    arbitraryText(),
    fc.integer(),
    arbitraryNumber(),
  );
}

function arbitraryNumber(): fc.Arbitrary<number> {
  return fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => (number === 0 ? 0 : number));
}

/** Values of one look and several types. */
const SCALARS: readonly (string | number | boolean)[] = [
  0,
  1,
  -1,
  1.5,
  10,
  2,
  1e21,
  9007199254740991,
  0.1,
  true,
  false,
  "",
  "0",
  "1",
  "10",
  "2",
  "true",
  "null",
  "a",
  "A",
  "ab",
  "a%",
  "a_",
  "é",
  "e\u0301",
  "\ue000",
  "\u{10000}",
  "a\0b",
];

const TEXTS = SCALARS.filter((value) => typeof value === "string" && value !== "") as string[];

const NUMBERS = [-1, 0, 0.1, 0.5, 1, 1.5, 2, 10, 1e21] as const;

const INSTANTS: readonly Instant[] = [
  "0001-01-01T00:00:00Z",
  "1969-12-31T23:59:59.999999Z",
  "1970-01-01T00:00:00Z",
  "2026-05-04T09:29:59.999999Z",
  "2026-05-04T09:30:00Z",
  "2026-05-04T09:30:00.000001Z",
  "2026-05-04T09:30:00.100Z",
  "2026-05-04T09:30:01Z",
  "9999-12-31T23:59:59.999999Z",
];

/** Instants that stores compare easily wrong: with and without fractions, far past and far ahead. */
export function arbitraryInstant(): fc.Arbitrary<Instant> {
  return fc.constantFrom(...INSTANTS);
}

/** A record of the id, with every field varied except the expiry. */
export function arbitraryRecord(id: string): fc.Arbitrary<NewRecord> {
  const text = fc.constantFrom(...TEXTS);
  const label = fc.constantFrom(...TEXTS.filter((value) => !value.includes("\0")));
  const list = fc.array(text, { maxLength: 3 });
  const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: null });
  const instant = arbitraryInstant();
  const record = fc.record({
    text,
    type: fc.constantFrom(...RECORD_TYPES),
    namespace: maybe(label),
    userId: maybe(label),
    agentId: maybe(label),
    sessionId: maybe(label),
    speaker: maybe(label),
    topics: list,
    entities: list,
    importance: fc.constantFrom(0, 0.1, 0.5, 1),
    pinned: fc.boolean(),
    eventDate: maybe(instant),
    validFrom: maybe(instant),
    validTo: maybe(instant),
    metadata: arbitraryMetadata(),
    createdAt: instant,
    updatedAt: instant,
    lastAccessedAt: instant,
    accessCount: fc.constantFrom(0, 1, 2, 10),
    persistedAt: maybe(instant),
    hash: text,
    extractedFrom: list,
    extractionStrategy: text,
    extracted: fc.boolean(),
  });
  return record.map((part) => makeRecord(id, part));
}

/** Records with different ids, in no particular order. */
export function arbitraryRecords(size: { minLength?: number; maxLength: number }): fc.Arbitrary<NewRecord[]> {
  return fc
    .uniqueArray(arbitraryLabel(), size)
    .chain((ids) => fc.tuple(...ids.map((id) => arbitraryRecord(id))));
}

/** Inputs for `add`, as various as `arbitraryRecord`; the caller gives ids. */
export function arbitraryInputs(size: {
  minLength?: number;
  maxLength: number;
}): fc.Arbitrary<RecordInput[]> {
  return fc.array(arbitraryRecord("").map(toInput), size);
}

/** What a caller may give of a record: nothing that is computed, no times that are yet to come. */
function toInput({
  id: _,
  hash: __,
  createdAt,
  updatedAt,
  lastAccessedAt,
  ...record
}: NewRecord): RecordInput {
  const set = Object.entries(record).filter(([, value]) => value !== null);
  const input = Object.fromEntries(set) as unknown as RecordInput;
  const { validFrom, validTo } = record;
  const reversed = validFrom !== null && validTo !== null && compareInstants(validFrom, validTo) > 0;
  return {
    ...input,
    ...(reversed && { validFrom: validTo, validTo: validFrom }),
    createdAt: notAhead(createdAt),
    updatedAt: notAhead(updatedAt),
    lastAccessedAt: notAhead(lastAccessedAt),
  };
}

function notAhead(instant: Instant): Instant {
  return instant.startsWith("9999") ? START : instant;
}

/** Metadata whose paths are those that `arbitraryFilter` asks for. */
function arbitraryMetadata(): fc.Arbitrary<JsonObject> {
  const scalar = fc.constantFrom<JsonValue[]>(...SCALARS, null);
  const value = fc.oneof(
    { weight: 4, arbitrary: scalar },
    { weight: 2, arbitrary: fc.array(scalar, { maxLength: 3 }) as fc.Arbitrary<JsonValue> },
    {
      weight: 1,
      arbitrary: fc.constantFrom<JsonValue[]>({}, { deep: "a" }, { deep: 1 }, [["a"]], [{ deep: "a" }]),
    },
  );
  return fc.dictionary(fc.constantFrom(...METADATA_KEYS), value, { maxKeys: 4, noNullPrototype: true });
}

const METADATA_KEYS = [
  "a",
  "A",
  'quo"te',
  "it's",
  "back\\slash",
  "0",
  "$",
  "sp ace",
  "[0]",
  "é",
  "__proto__",
] as const;
const METADATA_PATHS = [...METADATA_KEYS, "a.deep", "none", "constructor", "a.0"] as const;

/** A filter as callers write it, over every field and operator. */
export function arbitraryFilter(): fc.Arbitrary<Filter> {
  return fc.letrec<{ filter: Filter }>((tie) => ({
    filter: fc.oneof(
      { maxDepth: 3, depthSize: "small" },
      { weight: 4, arbitrary: arbitraryFieldFilter() },
      { weight: 1, arbitrary: fc.record({ and: fc.array(tie("filter"), { maxLength: 3 }) }) },
      { weight: 1, arbitrary: fc.record({ or: fc.array(tie("filter"), { maxLength: 3 }) }) },
      { weight: 1, arbitrary: fc.record({ not: tie("filter") }) },
      {
        weight: 1,
        arbitrary: fc.tuple(tie("filter"), tie("filter")).map(([one, two]) => ({ ...one, ...two })),
      },
    ),
  })).filter;
}

function arbitraryFieldFilter(): fc.Arbitrary<Filter> {
  const own = Object.entries(FIELD_KINDS) as [FilterField, FieldKind][];
  const metadata = METADATA_PATHS.map((path): [string, FieldKind] => [`metadata.${path}`, "json"]);
  return fc
    .oneof(
      { weight: 3, arbitrary: fc.constantFrom(...own) },
      { weight: 2, arbitrary: fc.constantFrom(...metadata) },
    )
    .chain(([name, kind]) => arbitraryCondition(kind).map((condition) => ({ [name]: condition }) as Filter));
}

function arbitraryCondition(kind: FieldKind): fc.Arbitrary<unknown> {
  const value = arbitraryOperand(kind);
  const values = fc.array(value, { minLength: 1, maxLength: 3 });
  const operators: Record<string, fc.Arbitrary<unknown>> = {
    eq: fc.oneof({ weight: 5, arbitrary: value }, { weight: 1, arbitrary: fc.constant(null) }),
    ne: value,
    any: values,
    all: values,
    none: values,
    in: values,
    notIn: values,
    exists: fc.boolean(),
  };
  if (kind === "text" || kind === "list" || kind === "json")
    operators["startsWith"] = fc.constantFrom("a", "A", "a%", "_", "1", "e", "tr", "\u{10000}", "a\0");
  if (kind !== "list" && kind !== "boolean") {
    const bound = kind === "json" ? value.filter((operand) => typeof operand !== "boolean") : value;
    for (const name of ["gt", "gte", "lt", "lte"]) operators[name] = bound;
    operators["between"] = fc.tuple(bound, bound);
  }
  const single = fc
    .constantFrom(...Object.entries(operators))
    .chain(([name, operand]) => operand.map((given): Record<string, unknown> => ({ [name]: given })));
  return fc.oneof(
    { weight: 1, arbitrary: value },
    { weight: 5, arbitrary: single },
    { weight: 1, arbitrary: fc.tuple(single, single).map(([one, two]) => ({ ...one, ...two })) },
  );
}

function arbitraryOperand(kind: FieldKind): fc.Arbitrary<FilterValue> {
  switch (kind) {
    case "text":
    case "list":
      return fc.constantFrom(...TEXTS, ...RECORD_TYPES, "");
    case "number":
      return fc.constantFrom(...NUMBERS);
    case "boolean":
      return fc.boolean();
    case "instant":
      return fc.oneof(arbitraryInstant(), fc.constant(new Date("2026-05-04T09:30:00Z")));
    case "json":
      return fc.constantFrom(...SCALARS);
  }
}

/** Messages with ids from a small pool, so that some repeat. */
export function arbitraryMessages(): fc.Arbitrary<Message[]> {
  const message = fc
    .record({
      id: fc.constantFrom("m1", "m2", "m3", "m4", "m5", "m6", "M1", "é", "e\u0301"),
      role: fc.constantFrom("user", "assistant", "tool"),
      content: arbitraryText(),
      name: fc.option(arbitraryText(), { nil: null }),
      seconds: fc.integer({ min: -3, max: 3 }),
      metadata: arbitraryJsonObject(),
      extracted: fc.boolean(),
    })
    .map(({ id, seconds, ...part }) => makeMessage(id, { ...part, createdAt: at(seconds / 2) }));
  return fc.array(message, { maxLength: 4 });
}
