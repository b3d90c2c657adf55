import { ValidationError } from "../errors.ts";
import { checkText } from "../identifiers.ts";
import { type InstantInput, instantKey, parseInstant } from "../time.ts";
import { type FieldRef, fieldRef } from "./fields.ts";
import { type Filter, type FilterNode, type FilterOperand, OPERATORS, type Operator } from "./filter.ts";

type Path = readonly (string | number)[];

/** Deeper nesting than any person writes; it keeps translated queries inside every engine's limits. */
const MAX_DEPTH = 32;
const MAX_VALUES = 1000;

/** Other spellings that clients of the wire contract send. */
const ALIASES: Readonly<Record<string, Operator>> = {
  in_: "in",
  not_eq: "ne",
  not_in: "notIn",
  startswith: "startsWith",
  starts_with: "startsWith",
};

/**
 * Checks a filter and reduces it to the forms stores translate.
 * @throws ValidationError naming the field or operator that is wrong: unknown names are errors, never ignored.
 */
export function parseFilter(filter: Filter, path: Path = ["filter"]): FilterNode {
  return parseObject(filter, path, 0);
}

function parseObject(filter: unknown, path: Path, depth: number): FilterNode {
  if (depth > MAX_DEPTH) throw ValidationError.of(path, `must not nest deeper than ${MAX_DEPTH} levels`);
  if (!isObject(filter)) throw ValidationError.of(path, "must be an object", filter, "model_attributes_type");
  const nodes: FilterNode[] = [];
  for (const [name, value] of Object.entries(filter)) {
    if (value === undefined) continue;
    const here = [...path, name];
    if (name === "and" || name === "or") {
      if (!Array.isArray(value))
        throw ValidationError.of(here, "must be a list of filters", value, "list_type");
      nodes.push({
        form: name,
        nodes: value.map((part, index) => parseObject(part, [...here, index], depth + 1)),
      });
    } else if (name === "not") {
      nodes.push({ form: "not", node: parseObject(value, here, depth + 1) });
    } else {
      const field = fieldRef(name);
      if (!field)
        throw ValidationError.of(here, "is not a field that can be filtered", undefined, "unknown_field");
      nodes.push(parseCondition(field, value, here));
    }
  }
  return all(nodes);
}

/** Parses what must hold of one field: a bare value, or an object of operators. */
function parseCondition(field: FieldRef, condition: unknown, path: Path): FilterNode {
  if (!isObject(condition) || condition instanceof Date) return equals(field, condition, path);
  const nodes: FilterNode[] = [];
  for (const [name, value] of Object.entries(condition)) {
    if (value === undefined) continue;
    const here = [...path, name];
    const operator = Object.hasOwn(ALIASES, name) ? ALIASES[name] : OPERATORS.find((known) => known === name);
    if (!operator)
      throw ValidationError.of(
        here,
        `is not an operator; use one of ${OPERATORS.join(", ")}`,
        undefined,
        "unknown_operator",
      );
    nodes.push(parseOperator(field, operator, value, here));
  }
  if (nodes.length === 0) throw ValidationError.of(path, "needs at least one operator", condition);
  return all(nodes);
}

function parseOperator(field: FieldRef, operator: Operator, value: unknown, path: Path): FilterNode {
  switch (operator) {
    case "eq":
      return equals(field, value, path);
    case "ne":
      return not(equals(field, value, path));
    case "any":
    case "in":
      return some(field, value, path);
    case "none":
    case "notIn":
      return not(some(field, value, path));
    case "all":
      return { form: "every", field, values: operands(field, value, path) };
    case "gt":
    case "gte":
    case "lt":
    case "lte":
      return { form: operator, field, value: ordered(field, value, path) };
    case "between": {
      if (!Array.isArray(value) || value.length !== 2)
        throw ValidationError.of(path, "must be a list of exactly two values", value, "list_type");
      const [from, to] = [ordered(field, value[0], [...path, 0]), ordered(field, value[1], [...path, 1])];
      return all([
        { form: "gte", field, value: from },
        { form: "lte", field, value: to },
      ]);
    }
    case "exists":
      if (typeof value !== "boolean")
        throw ValidationError.of(path, "must be true or false", value, "bool_parsing");
      return value ? { form: "exists", field } : not({ form: "exists", field });
    case "startsWith":
      if (field.kind !== "text" && field.kind !== "list" && field.kind !== "json")
        throw ValidationError.of(path, `does not apply to ${field.name}, which is a ${field.kind} field`);
      if (checkText(value, path) === "") throw ValidationError.of(path, "must not be empty", value);
      return { form: "startsWith", field, value: value as string };
  }
}

function equals(field: FieldRef, value: unknown, path: Path): FilterNode {
  if (value === null) return not({ form: "exists", field });
  return { form: "some", field, values: [operand(field, value, path)] };
}

function some(field: FieldRef, value: unknown, path: Path): FilterNode {
  return { form: "some", field, values: operands(field, value, path) };
}

function operands(field: FieldRef, value: unknown, path: Path): FilterOperand[] {
  if (!Array.isArray(value) || value.length === 0)
    throw ValidationError.of(path, "must be a list of at least one value", value, "list_type");
  if (value.length > MAX_VALUES)
    throw ValidationError.of(path, `must not have more than ${MAX_VALUES} values`);
  return value.map((item, index) => operand(field, item, [...path, index]));
}

function operand(field: FieldRef, value: unknown, path: Path): FilterOperand {
  switch (field.kind) {
    case "text":
    case "list":
      return checkText(value, path);
    case "number":
      if (typeof value === "number" && Number.isFinite(value)) return value;
      throw ValidationError.of(path, "must be a number", value, "float_type");
    case "boolean":
      if (typeof value === "boolean") return value;
      throw ValidationError.of(path, "must be true or false", value, "bool_type");
    case "instant":
      return instantKey(parseInstant(value as InstantInput, path));
    case "json":
      if (typeof value === "string") return checkText(value, path);
      if (typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value))) return value;
      throw ValidationError.of(path, "must be a string, number or boolean", value, "value_type");
  }
}

function ordered(field: FieldRef, value: unknown, path: Path): string | number {
  if (field.kind === "list" || field.kind === "boolean")
    throw ValidationError.of(path, `does not apply to ${field.name}, which is a ${field.kind} field`);
  const result = operand(field, value, path);
  if (typeof result === "boolean") throw ValidationError.of(path, "must be a number or text", value);
  return result;
}

function all(nodes: FilterNode[]): FilterNode {
  return nodes.length === 1 && nodes[0] ? nodes[0] : { form: "and", nodes };
}

function not(node: FilterNode): FilterNode {
  return { form: "not", node };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
