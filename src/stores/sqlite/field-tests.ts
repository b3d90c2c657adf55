import type { FieldRef, FilterField } from "../../core/filter/fields.ts";
import type { FilterOperand } from "../../core/filter/filter.ts";
import type { FieldsSql, FieldTests } from "../sql/filter.ts";
import { FALSE, TRUE } from "../sql/template.ts";
import type { SqlValue } from "./driver.ts";
import { constant, type Sql, sql } from "./sql.ts";

/** Where a query finds the fields of the records it filters. */
export interface RecordSource {
  /** A text, number, boolean (0 or 1) or instant (as `instantKey`); NULL when the record has none. */
  scalar(field: FilterField): Sql;
  /** A list of text as JSON; NULL may stand for the empty one. */
  list(field: FilterField): Sql;
  /** The metadata as a JSON object; NULL may stand for the empty one. */
  readonly metadata: Sql;
}

/** How SQLite tests the fields that a source has. */
export function fieldTests(source: RecordSource): FieldsSql<SqlValue> {
  return (field) => {
    const name = field.name as FilterField;
    switch (field.kind) {
      case "json":
        return jsonTests(jsonAt(source.metadata, field));
      case "list":
        return listTests(source.list(name));
      default:
        return scalarTests(source.scalar(name));
    }
  };
}

function scalarTests(value: Sql): FieldTests<SqlValue> {
  return {
    present: sql`(${value} IS NOT NULL)`,
    absent: sql`(${value} IS NULL)`,
    isOneOf: (operands) => isOneOf(value, operands),
    startsWith: (prefix) => startsWith(value, prefix),
    compares: (operator, bound) => sql`(${value} ${operator} ${bound})`,
  };
}

function listTests(list: Sql): FieldTests<SqlValue> {
  const has = (condition: Sql) => sql`EXISTS (SELECT 1 FROM json_each(${list}) WHERE ${condition})`;
  const element = constant("value");
  return {
    present: TRUE,
    absent: FALSE,
    isOneOf: (operands) => has(isOneOf(element, operands)),
    startsWith: (prefix) => has(startsWith(element, prefix)),
    compares: () => FALSE,
  };
}

/**
 * Values inside the metadata are compared as JSON text. One value has one such text, so equality is exact, of numbers
 * too, whose decimals SQLite would read imprecisely.
 */
function jsonTests(json: Sql): FieldTests<SqlValue> {
  const text = sql`(${json} ->> '$')`;
  return {
    present: sql`(${json} <> 'null')`,
    absent: sql`((${json} <> 'null') IS NOT TRUE)`,
    isOneOf: (operands) => jsonIsOneOf(json, operands),
    startsWith: (prefix) => sql`((${isText(json)} AND ${startsWith(text, prefix)})
      OR (${isArray(json)} AND EXISTS (SELECT 1 FROM json_each(${json}) AS e
        WHERE e.type = 'text' AND ${startsWith(constant("e.value"), prefix)})))`,
    compares: (operator, bound) =>
      typeof bound === "number"
        ? sql`(memoir_number(${json}) ${operator} ${bound})`
        : sql`(${isText(json)} AND (${text} ${operator} ${bound}))`,
  };
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

/** More operands than this travel as one JSON list, so that a filter cannot run out of placeholders. */
const MAX_PLACEHOLDERS = 16;

function isOneOf(value: Sql, operands: readonly FilterOperand[]): Sql {
  const [first, ...others] = operands;
  if (first === undefined) return FALSE;
  if (others.length === 0) return sql`(${value} = ${bindable(first)})`;
  if (operands.length <= MAX_PLACEHOLDERS) {
    const list = others.reduce(
      (before, operand) => sql`${before}, ${bindable(operand)}`,
      sql`${bindable(first)}`,
    );
    return sql`(${value} IN (${list}))`;
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
