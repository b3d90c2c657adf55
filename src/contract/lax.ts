import { z } from "zod";
import { MemoirError } from "../core/errors.ts";
import type { JsonObject, JsonValue } from "../core/json.ts";
import { type Instant, type InstantInput, parseInstant } from "../core/time.ts";

/**
 * The value rules of the wire contract, section 1: numbers may come as text, booleans as words, instants in several
 * forms; strings only as strings. `null` is accepted only where a schema says `nullish`.
 */

const WHOLE_NUMBER = /^\s*[+-]?\d+(?:\.0*)?\s*$/;
const NUMBER = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/;

interface Range {
  readonly min?: number;
  readonly max?: number;
}

export function integer(range: Range = {}) {
  return numeric(range, (value) => {
    if (typeof value === "string" && WHOLE_NUMBER.test(value)) return Number(value);
    if (typeof value === "number" && Number.isInteger(value)) return value;
    const type =
      typeof value === "string" ? "int_parsing" : typeof value === "number" ? "int_from_float" : "int_type";
    return { type, message: "must be a whole number" };
  }).meta({ type: "integer", ...jsonRange(range) });
}

export function decimal(range: Range = {}) {
  return numeric(range, (value) => {
    if (typeof value === "string" && NUMBER.test(value)) return Number(value);
    if (typeof value === "number") return value;
    return { type: typeof value === "string" ? "float_parsing" : "float_type", message: "must be a number" };
  }).meta({ type: "number", ...jsonRange(range) });
}

interface Problem {
  readonly type: string;
  readonly message: string;
}

function numeric({ min, max }: Range, read: (value: unknown) => number | Problem) {
  return z.unknown().transform((value, context): number => {
    const number = read(typeof value === "boolean" ? Number(value) : value);
    const problem = typeof number === "object" ? number : outside(number, min, max);
    if (problem === null) return number as number;
    const { type, message } = value === undefined ? MISSING : problem;
    context.issues.push({ code: "custom", message, input: value, params: { type } });
    return z.NEVER;
  });
}

const MISSING: Problem = { type: "missing", message: "is required" };

function outside(number: number, min = -Number.MAX_VALUE, max = Number.MAX_VALUE): Problem | null {
  if (number < min) return { type: "greater_than_equal", message: `must be at least ${min}` };
  return number > max ? { type: "less_than_equal", message: `must be at most ${max}` } : null;
}

function jsonRange({ min, max }: Range) {
  return { ...(min !== undefined && { minimum: min }), ...(max !== undefined && { maximum: max }) };
}

const WORDS = new Map([
  ...["true", "1", "yes", "on", "t", "y"].map((word) => [word, true] as const),
  ...["false", "0", "no", "off", "f", "n"].map((word) => [word, false] as const),
]);

export function flag() {
  return z.preprocess((value) => {
    if (typeof value === "number" || typeof value === "string")
      return WORDS.get(String(value).toLowerCase()) ?? value;
    return value;
  }, z.boolean());
}

/** An instant, normalised to UTC. A number or a numeric text is a Unix time. */
export function instant() {
  return z
    .unknown()
    .transform((value, context): Instant => {
      const input = typeof value === "string" && NUMBER.test(value) ? Number(value) : value;
      try {
        return parseInstant(input as InstantInput, []);
      } catch (error) {
        if (!MemoirError.is(error)) throw error;
        const type =
          value === undefined
            ? "missing"
            : typeof value === "string"
              ? "datetime_from_date_parsing"
              : "datetime_type";
        context.issues.push({ code: "custom", message: error.message, input: value, params: { type } });
        return z.NEVER;
      }
    })
    .meta({ type: "string", format: "date-time" });
}

/** A JSON object, kept as it is: copying it key by key would lose a key named `__proto__`. */
export function jsonObject() {
  return z
    .custom<JsonObject>((value) => typeof value === "object" && value !== null && !Array.isArray(value), {
      params: { type: "dict_type" },
      error: "must be an object",
    })
    .meta({ type: "object", additionalProperties: true });
}

/** Any JSON value. */
export function jsonValue() {
  return z.custom<JsonValue>((value) => value !== undefined, {
    params: { type: "missing" },
    error: "is required",
  });
}

/** A topic or entity: text without a comma, since other servers separate tags with it. */
export function tags() {
  return z.array(z.string()).superRefine((values, context) => {
    const bad = values.find((value) => value.includes(","));
    if (bad !== undefined)
      context.addIssue({ code: "custom", message: "Value error, tags must not contain commas", input: bad });
  });
}

/** May be left out or null; both mean "not given". */
export function nullish<Schema extends z.ZodType>(schema: Schema) {
  return schema.nullable().default(null as never) as unknown as z.ZodDefault<z.ZodNullable<Schema>>;
}
