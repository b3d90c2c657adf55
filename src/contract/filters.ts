import { z } from "zod";
import type { FilterField } from "../core/filter/fields.ts";
import type { Filter } from "../core/filter/filter.ts";
import { RECORD_TYPES } from "../core/record.ts";
import { formatMilliseconds, type Instant, toMilliseconds } from "../core/time.ts";
import { flag, instant } from "./lax.ts";

/**
 * The filter objects of the wire contract, section 9.2, with the operators that its clients document but its server
 * lacks. A bare value in place of an object means `eq`, and an operator that is null counts as not given.
 */

const present = flag().nullable().optional();

function tagOperators<Value extends z.ZodType>(value: Value) {
  const one = value.nullable().optional();
  const several = z.array(value).nullable().optional();
  return {
    eq: one,
    ne: one,
    not_eq: one,
    any: several,
    in_: several,
    in: several,
    all: several,
    none: several,
    not_in: several,
    startswith: z.string().nullable().optional(),
    exists: present,
  };
}

const moment = instant().nullable().optional();
const TIME_OPERATORS = {
  eq: moment,
  ne: moment,
  not_eq: moment,
  gt: moment,
  gte: moment,
  lt: moment,
  lte: moment,
  between: z.array(instant()).nullable().optional(),
  exists: present,
};

export function tagFilter() {
  return conditionOf(tagOperators(z.string()), checkTags);
}

export function typeFilter() {
  return conditionOf(tagOperators(z.enum(RECORD_TYPES)), checkTags);
}

export function timeFilter() {
  return conditionOf(TIME_OPERATORS, checkTimes);
}

/** An object with at least one of the operators and no key beside them. */
function conditionOf<Shape extends z.ZodRawShape>(
  operators: Shape,
  check: (given: ReadonlyMap<string, unknown>) => string | null,
) {
  const schema = z.looseObject(operators).superRefine((condition, context) => {
    const given = new Map(Object.entries(condition).filter(([, value]) => value != null));
    // Older clients send the name of the field along.
    given.delete("field");
    const unknown = [...given.keys()].find((name) => !Object.hasOwn(operators, name));
    const problem =
      unknown !== undefined
        ? `${JSON.stringify(unknown)} is not an operator; use one of ${Object.keys(operators).join(", ")}`
        : given.size === 0
          ? `needs one of the operators ${Object.keys(operators).join(", ")}`
          : check(given);
    if (problem) context.addIssue({ code: "custom", message: problem, input: condition });
  });
  const isCondition = (value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  return z.preprocess((value) => (isCondition(value) || value == null ? value : { eq: value }), schema);
}

const LISTS = ["any", "in_", "in", "all", "none", "not_in"];

function checkTags(given: ReadonlyMap<string, unknown>): string | null {
  if (given.has("eq") && given.has("ne")) return "eq and ne exclude each other";
  if (given.has("any") && given.has("all")) return "any and all exclude each other";
  const empty = LISTS.find((name) => (given.get(name) as unknown[] | undefined)?.length === 0);
  if (empty) return `${empty} must be a list of at least one value`;
  if (!given.has("startswith")) return null;
  if (given.get("startswith") === "") return "startswith must not be empty";
  return given.size > 1 ? "startswith stands alone" : null;
}

function checkTimes(given: ReadonlyMap<string, unknown>): string | null {
  if (!given.has("between")) return null;
  if ((given.get("between") as unknown[]).length !== 2)
    return "between must be a list of exactly two instants";
  const other = ["eq", "ne", "not_eq", "gt", "gte", "lt"].find((name) => given.has(name));
  return other ? `between and ${other} exclude each other` : null;
}

type Condition = Readonly<Record<string, unknown>>;

/** A tag or type filter as filters of the library, all of which must hold. */
export function tagConditions(field: FilterField, condition: Condition): Filter[] {
  return operatorsOf(condition).map(([name, value]): Filter => ({ [field]: { [name]: value } }));
}

/** A time filter as filters of the library. The contract compares whole seconds, so each bound takes in its second. */
export function timeConditions(field: FilterField, condition: Condition): Filter[] {
  return operatorsOf(condition).map(([name, value]): Filter => {
    if (name === "exists") return { [field]: { exists: value as boolean } };
    if (name === "between") {
      const [from, to] = value as [Instant, Instant];
      return { [field]: { gte: second(from), lt: nextSecond(to) } };
    }
    const at = value as Instant;
    switch (name) {
      case "gt":
        return { [field]: { gte: nextSecond(at) } };
      case "gte":
        return { [field]: { gte: second(at) } };
      case "lt":
        return { [field]: { lt: second(at) } };
      case "lte":
        return { [field]: { lt: nextSecond(at) } };
      case "eq":
        return { [field]: { gte: second(at), lt: nextSecond(at) } };
      default:
        return { not: { [field]: { gte: second(at), lt: nextSecond(at) } } };
    }
  });
}

/** The operators given, `field` left out. The parser of the library knows the wire's spellings. */
function operatorsOf(condition: Condition): [string, unknown][] {
  return Object.entries(condition).filter(([name, value]) => value != null && name !== "field");
}

function second(at: Instant): Instant {
  return `${at.slice(0, 19)}Z`;
}

const END_OF_TIME = "9999-12-31T23:59:59.999999Z";

function nextSecond(at: Instant): Instant {
  return at >= "9999-12-31T23:59:59" ? END_OF_TIME : formatMilliseconds(toMilliseconds(second(at)) + 1000);
}
