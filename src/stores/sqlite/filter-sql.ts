import type { FieldRef, FilterField } from "../../core/filter/fields.ts";
import type { FilterNode, FilterOperand, FilterTest } from "../../core/filter/filter.ts";
import type { SqlValue } from "./driver.ts";
import { constant, joined, type Sql, sql } from "./sql.ts";

/** Where a query finds the fields of the records it filters. */
export interface RecordSource {
  /** A text, number, boolean (0 or 1) or instant (as `instantKey`); NULL when the record has none. */
  scalar(field: FilterField): Sql;
  /** A list of text as JSON; NULL may stand for the empty one. */
  list(field: FilterField): Sql;
  /** The metadata as a JSON object; NULL may stand for the empty one. */
  readonly metadata: Sql;
}

/**
 * A filter as an SQL condition, true for exactly the records for which `matches` is. Absent values make a test NULL,
 * which counts as false: AND and OR keep that, and a negation asks whether its part is not true.
 */
export function filterSql(node: FilterNode, source: RecordSource): Sql {
  switch (node.form) {
    case "and":
    case "or":
      return joined(
        node.nodes.map((part) => filterSql(part, source)),
        node.form === "and" ? "AND" : "OR",
      );
    case "not":
      return isAbsence(node.node)
        ? sql`(${source.scalar(node.node.field.name as FilterField)} IS NULL)`
        : sql`((${filterSql(node.node, source)}) IS NOT TRUE)`;
    default:
      return testSql(node, source);
  }
}

/** Whether the negation of a test asks for a field without a value, which an index can answer. */
function isAbsence(node: FilterNode): node is FilterTest {
  return node.form === "exists" && node.field.kind !== "json" && node.field.kind !== "list";
}

const FALSE = constant("0");
const TRUE = constant("1");

function testSql(test: FilterTest, source: RecordSource): Sql {
  const name = test.field.name as FilterField;
  switch (test.field.kind) {
    case "json":
      return jsonTest(test, jsonAt(source.metadata, test.field));
    case "list":
      return listTest(test, source.list(name));
    default:
      return scalarTest(test, source.scalar(name));
  }
}

function scalarTest(test: FilterTest, value: Sql): Sql {
  const { kind } = test.field;
  const fits = (operand: FilterOperand) =>
    typeof operand === (kind === "number" || kind === "boolean" ? kind : "string");
  switch (test.form) {
    case "exists":
      return sql`(${value} IS NOT NULL)`;
    case "some":
      return isOneOf(value, test.values.filter(fits));
    case "every":
      return joined(
        [sql`${value} IS NOT NULL`, ...test.values.map((operand) => isOneOf(value, [operand].filter(fits)))],
        "AND",
      );
    case "startsWith":
      return kind === "number" || kind === "boolean" ? FALSE : startsWith(value, test.value);
    default:
      return fits(test.value) ? compares(value, test.form, test.value) : FALSE;
  }
}

function listTest(test: FilterTest, list: Sql): Sql {
  const has = (condition: Sql) => sql`EXISTS (SELECT 1 FROM json_each(${list}) WHERE ${condition})`;
  const element = constant("value");
  const texts = (values: readonly FilterOperand[]) => values.filter((value) => typeof value === "string");
  switch (test.form) {
    case "exists":
      return TRUE;
    case "some":
      return has(isOneOf(element, texts(test.values)));
    case "every":
      return joined(
        test.values.map((value) => has(isOneOf(element, texts([value])))),
        "AND",
      );
    case "startsWith":
      return has(startsWith(element, test.value));
    default:
      return FALSE;
  }
}

/**
 * Values inside the metadata are compared as JSON text. One value has one such text, so equality is exact, of numbers
 * too, whose decimals SQLite would read imprecisely.
 */
function jsonTest(test: FilterTest, json: Sql): Sql {
  switch (test.form) {
    case "exists":
      return sql`(${json} <> 'null')`;
    case "some":
      return jsonIsOneOf(json, test.values);
    case "every":
      return joined(
        [sql`${json} <> 'null'`, ...test.values.map((value) => jsonIsOneOf(json, [value]))],
        "AND",
      );
    case "startsWith":
      return sql`((${isText(json)} AND ${startsWith(sql`(${json} ->> '$')`, test.value)})
        OR (${isArray(json)} AND EXISTS (SELECT 1 FROM json_each(${json}) AS e
          WHERE e.type = 'text' AND ${startsWith(constant("e.value"), test.value)})))`;
    default:
      return typeof test.value === "number"
        ? compares(sql`memoir_number(${json})`, test.form, test.value)
        : sql`(${isText(json)} AND ${compares(sql`(${json} ->> '$')`, test.form, test.value)})`;
  }
}

function jsonIsOneOf(json: Sql, values: readonly FilterOperand[]): Sql {
  const texts = values.map((value) => JSON.stringify(value));
  return sql`(${isOneOf(json, texts)} OR (${isArray(json)} AND EXISTS (SELECT 1 FROM json_each(${json}) AS e
    WHERE ${isOneOf(sql`(${json} -> e.key)`, texts)})))`;
}

/** The value at a path as JSON text; NULL when there is none. */
function jsonAt(metadata: Sql, { path }: FieldRef): Sql {
  return path.every(isPlainKey)
    ? sql`(${metadata} -> ${`$${path.map((key) => `."${key}"`).join("")}`})`
    : sql`memoir_value(${metadata}, ${JSON.stringify(path)})`;
}

/** Whether a key can be quoted in an SQLite JSON path, which knows no escapes. */
function isPlainKey(key: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what JSON text escapes
  return key.isWellFormed() && !/["\\\u0000-\u001f]/.test(key);
}

function isText(json: Sql): Sql {
  return sql`(${json} >= '"' AND ${json} < '#')`;
}

function isArray(json: Sql): Sql {
  return sql`(${json} >= '[' AND ${json} < '\\')`;
}

function compares(value: Sql, form: "gt" | "gte" | "lt" | "lte", bound: string | number): Sql {
  const operator = constant({ gt: ">", gte: ">=", lt: "<", lte: "<=" }[form]);
  return sql`(${value} ${operator} ${bound})`;
}

/** More operands than this travel as one JSON list, so that a filter cannot run out of placeholders. */
const MAX_PLACEHOLDERS = 16;

function isOneOf(value: Sql, operands: readonly FilterOperand[]): Sql {
  const [first, second] = operands;
  if (first === undefined) return FALSE;
  if (second === undefined) return sql`(${value} = ${bindable(first)})`;
  if (operands.length <= MAX_PLACEHOLDERS) {
    const places = operands.map(() => "?").join(", ");
    return sql`(${value} IN (${{ text: places, values: operands.map(bindable) }}))`;
  }
  return typeof first === "number"
    ? sql`(${value} IN (SELECT memoir_number(value) FROM json_each(${JSON.stringify(operands.map(String))})))`
    : sql`(${value} IN (SELECT value FROM json_each(${JSON.stringify(operands)})))`;
}

function bindable(operand: FilterOperand): SqlValue {
  return typeof operand === "boolean" ? Number(operand) : operand;
}

function startsWith(value: Sql, prefix: string): Sql {
  const end = afterPrefix(prefix);
  return end === null ? sql`(${value} >= ${prefix})` : sql`(${value} >= ${prefix} AND ${value} < ${end})`;
}

/** The first text, in the order of code points, after all those that begin with `prefix`; null when there is none. */
function afterPrefix(prefix: string): string | null {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  while (points.at(-1) === 0x10ffff) points.pop();
  const last = points.pop();
  if (last === undefined) return null;
  // The surrogates in between are no characters.
  return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
}
