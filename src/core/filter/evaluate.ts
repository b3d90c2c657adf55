import type { JsonValue } from "../json.ts";
import type { MemoryRecord } from "../record.ts";
import { instantKey } from "../time.ts";
import { fieldValue } from "./fields.ts";
import type { FilterNode, FilterTest } from "./filter.ts";

/** The one meaning of a filter. Every store's translation is tested against this function. */
export function matches(record: MemoryRecord, node: FilterNode): boolean {
  switch (node.form) {
    case "and":
      return node.nodes.every((part) => matches(record, part));
    case "or":
      return node.nodes.some((part) => matches(record, part));
    case "not":
      return !matches(record, node.node);
    default:
      return holds(record, node);
  }
}

function holds(record: MemoryRecord, test: FilterTest): boolean {
  const raw = fieldValue(record, test.field);
  if (raw === undefined) return false;
  const value = test.field.kind === "instant" ? instantKey(raw as string) : raw;
  const elements = Array.isArray(value) ? value : [value];
  switch (test.form) {
    case "exists":
      return true;
    case "some":
      return elements.some((element) => test.values.some((wanted) => wanted === element));
    case "every":
      return test.values.every((wanted) => elements.some((element) => wanted === element));
    case "startsWith":
      return elements.some((element) => typeof element === "string" && element.startsWith(test.value));
    default:
      return !Array.isArray(value) && compares(value, test.form, test.value);
  }
}

function compares(value: JsonValue, form: "gt" | "gte" | "lt" | "lte", bound: string | number): boolean {
  let order: number;
  if (typeof value === "number" && typeof bound === "number") order = value - bound;
  else if (typeof value === "string" && typeof bound === "string") order = compareCodePoints(value, bound);
  else return false;
  if (form === "gt") return order > 0;
  if (form === "gte") return order >= 0;
  return form === "lt" ? order < 0 : order <= 0;
}

/**
 * Orders text by code point, as UTF-8 bytes do in databases. JavaScript's own `<` compares UTF-16 units, which puts
 * characters beyond the basic plane before U+E000.
 */
export function compareCodePoints(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const [a, b] = [left.charCodeAt(index), right.charCodeAt(index)];
    if (a !== b) return rank(a) - rank(b);
  }
  return left.length - right.length;
}

function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
