import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkJson, checkJsonObject, deepMerge, type JsonValue, jsonEquals } from "../../src/core/json.ts";
import { arbitraryJson } from "../../src/testing/index.ts";

/** JSON text with sorted keys: another way to compare. */
function canonical(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key] as JsonValue)}`).join()}}`;
}

describe("checking a JSON value", () => {
  test("gives back what JSON keeps exactly", () => {
    fc.assert(
      fc.property(arbitraryJson(), (value) => {
        expect(checkJson(value, ["value"])).toBe(value);
        expect(canonical(JSON.parse(JSON.stringify(value)))).toBe(canonical(value));
      }),
    );
  });

  const circular: unknown[] = [];
  circular.push(circular);
  const sparse: unknown[] = [];
  sparse[2] = 1;
  const wrong: [string, unknown, string][] = [
    ["undefined", { a: [1, undefined] }, "value.a.1"],
    ["NaN", { a: Number.NaN }, "value.a"],
    ["an infinity", [Number.NEGATIVE_INFINITY], "value.0"],
    ["a Date", { when: new Date(0) }, "value.when"],
    ["a Map", new Map(), "value"],
    ["a function", { f: () => 1 }, "value.f"],
    ["a bigint", 1n, "value"],
    ["a symbol", Symbol("x"), "value"],
    ["a lone surrogate", ["\ud800"], "value.0"],
    ["a lone surrogate in a key", { "\udc00": 1 }, "value.\udc00"],
    ["an instance of a class", new (class Thing {})(), "value"],
    ["a hole", sparse, "value.0"],
    ["a Float32Array", new Float32Array(1), "value"],
  ];

  test.each(wrong)("refuses %s and says where", (_, value, place) => {
    expect(() => checkJson(value, ["value"])).toThrow(`${place}: must be`);
  });

  test("refuses what never ends", () => {
    expect(() => checkJson(circular, ["value"])).toThrow(/must not nest deeper than 100 levels/);
  });

  test.each([null, [], "text", 1])("takes %j for no object", (value) => {
    expect(() => checkJsonObject(value, ["metadata"])).toThrow(/^metadata: must be an object/);
  });

  test("takes objects without a prototype", () => {
    const bare = Object.assign(Object.create(null), { a: 1 });
    expect(checkJsonObject(bare, ["metadata"])).toBe(bare);
  });
});

describe("equality", () => {
  test("is that of the JSON texts, keys in any order", () => {
    fc.assert(
      fc.property(arbitraryJson(), arbitraryJson(), (one, other) => {
        expect(jsonEquals(one, other)).toBe(canonical(one) === canonical(other));
        expect(jsonEquals(one, structuredClone(one))).toBe(true);
      }),
    );
    expect(jsonEquals({ a: 1, b: 2 }, { b: 2, a: 1 })).toBe(true);
  });

  test.each([
    [[], {}],
    [{}, null],
    [1, "1"],
    [1, true],
    [0, false],
    [[1], [1, 2]],
    [{ a: null }, {}],
    [{ toString: 1 }, {}],
    [{ a: 1 }, { constructor: 1 }],
  ] as [JsonValue, JsonValue][])("holds not of %j and %j", (one, other) => {
    expect(jsonEquals(one, other)).toBe(false);
    expect(jsonEquals(other, one)).toBe(false);
  });
});

describe("merging", () => {
  test("goes into objects and replaces everything else", () => {
    const base = { a: { b: 1, c: [1, 2] }, d: "x", e: { f: 1 } };
    const patch = { a: { b: 2, g: null }, d: { h: 1 }, e: "y", i: [3] };
    expect(deepMerge(base, patch)).toEqual({
      a: { b: 2, c: [1, 2], g: null },
      d: { h: 1 },
      e: "y",
      i: [3],
    });
  });

  test("changes neither side, and is done when repeated", () => {
    fc.assert(
      fc.property(arbitraryJson(), arbitraryJson(), (base, patch) => {
        const [before, given] = [canonical(base), canonical(patch)];
        const once = deepMerge(base, patch);
        expect(canonical(deepMerge(once, patch))).toBe(canonical(once));
        expect([canonical(base), canonical(patch)]).toEqual([before, given]);
      }),
    );
  });

  test("keeps `__proto__` a key", () => {
    const patch = JSON.parse('{"__proto__":{"polluted":true},"constructor":{"x":1}}');
    const merged = deepMerge({ a: 1 }, patch) as Record<string, unknown>;
    expect(Object.getPrototypeOf(merged)).toBe(Object.prototype);
    expect(Object.keys(merged).sort()).toEqual(["__proto__", "a", "constructor"]);
    expect(JSON.stringify(merged["constructor"])).toBe('{"x":1}');
    expect("polluted" in {}).toBe(false);
    const twice = deepMerge(merged as JsonValue, JSON.parse('{"__proto__":{"more":1}}'));
    expect(JSON.stringify(twice)).toContain('"__proto__":{"polluted":true,"more":1}');
  });
});
