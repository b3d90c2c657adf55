import { ValidationError } from "./errors.ts";
import { checkText } from "./identifiers.ts";

/** Values that survive JSON exactly. */
export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };
/** An object of JSON. */
export type JsonObject = { [key: string]: JsonValue };

/**
 * What may be given where JSON is kept: JSON, and objects typed by an interface, which TypeScript does not take for
 * `JsonValue`. Dates, functions, maps and sets are none; what lies deeper is checked when it is given.
 */
export type JsonInput = JsonValue | readonly JsonInput[] | JsonInputObject;
export type JsonInputObject =
  | { readonly [key: string]: JsonInput }
  | (object & {
      readonly toJSON?: never;
      readonly apply?: never;
      readonly [Symbol.iterator]?: never;
    });

/** Deep equality of JSON values; the order of object keys does not matter. */
export function jsonEquals(left: JsonValue, right: JsonValue): boolean {
  if (left === right) return true;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return false;
  if (Array.isArray(left) || Array.isArray(right)) {
    if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false;
    return left.every((value, index) => jsonEquals(value, right[index] as JsonValue));
  }
  const keys = Object.keys(left);
  if (keys.length !== Object.keys(right).length) return false;
  return keys.every(
    (key) => Object.hasOwn(right, key) && jsonEquals(left[key] as JsonValue, right[key] as JsonValue),
  );
}

/** Merges `patch` into `base`: objects key by key, everything else replaced. Neither argument is changed. */
export function deepMerge(base: JsonValue | undefined, patch: JsonValue): JsonValue {
  if (!isJsonObject(base) || !isJsonObject(patch)) return patch;
  const merged: JsonObject = { ...base };
  for (const [key, value] of Object.entries(patch)) {
    // Assigning `__proto__` would set the prototype instead of a key.
    Object.defineProperty(merged, key, {
      value: deepMerge(Object.hasOwn(merged, key) ? merged[key] : undefined, value),
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return merged;
}

function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

type Path = readonly (string | number)[];

/** Deeper values are refused: engines and parsers have limits, and nobody means it. */
const MAX_JSON_DEPTH = 100;

/**
 * Checks that a value survives JSON exactly, and gives it back.
 * @throws ValidationError naming the place of a value that would not: undefined, NaN, a Date, a lone surrogate, …
 */
export function checkJson(value: unknown, path: Path, depth = 0): JsonValue {
  if (depth > MAX_JSON_DEPTH)
    throw ValidationError.of(path, `must not nest deeper than ${MAX_JSON_DEPTH} levels`);
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "string") return checkText(value, path);
  if (typeof value === "number") {
    if (Number.isFinite(value)) return value;
    throw ValidationError.of(path, "must be a finite number", String(value), "finite_number");
  }
  if (Array.isArray(value)) {
    // Not forEach, which would pass over the holes of a sparse array.
    for (const [index, item] of value.entries()) checkJson(item, [...path, index], depth + 1);
    return value;
  }
  if (typeof value === "object" && isPlain(value)) {
    for (const [key, item] of Object.entries(value)) {
      checkText(key, [...path, key]);
      checkJson(item, [...path, key], depth + 1);
    }
    return value as JsonObject;
  }
  throw ValidationError.of(path, "must be a JSON value", undefined, "json_type");
}

/** As `checkJson`, for an object. */
export function checkJsonObject(value: unknown, path: Path): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw ValidationError.of(path, "must be an object", value, "dict_type");
  return checkJson(value, path) as JsonObject;
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
