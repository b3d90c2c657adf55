import type { FieldKind, FieldRef, FilterField } from "../../core/filter/fields.ts";
import type { FilterOperand } from "../../core/filter/filter.ts";
import type { FieldsSql, FieldTests } from "../sql/filter.ts";
import { FALSE, joined, TRUE } from "../sql/template.ts";
import { isOwnKey } from "./labels.ts";
import { LABELS } from "./rows.ts";
import { constant, type Sql, type SqlValue, sql } from "./sql.ts";
import { encodeJson } from "./wire-text.ts";

/** Where a query finds the fields of the records it filters. */
export interface RecordSource {
  /** A text, number, boolean or instant, or the `label_key` of a label; NULL when the record has none. */
  scalar(field: FilterField): Sql;
  /** A text or label itself, ordered by code points. */
  text(field: FilterField): Sql;
  /** A list of text as an array. */
  list(field: FilterField): Sql;
  /** The metadata as `jsonb`. */
  readonly metadata: Sql;
}

/** How PostgreSQL tests the fields that a source has. */
export function fieldTests(source: RecordSource): FieldsSql<SqlValue> {
  return (field) => {
    const name = field.name as FilterField;
    switch (field.kind) {
      case "json":
        return jsonTests(jsonAt(source.metadata, field));
      case "list":
        return listTests(source.list(name));
      default:
        return scalarTests(name, TYPES[field.kind], source);
    }
  };
}

/** Types of columns and operands by kind of field. */
const TYPES: Readonly<Record<Exclude<FieldKind, "list" | "json">, Sql>> = {
  text: constant("text"),
  number: constant("double precision"),
  boolean: constant("boolean"),
  instant: constant("timestamptz"),
};

function scalarTests(name: FilterField, type: Sql, source: RecordSource): FieldTests<SqlValue> {
  const value = source.scalar(name);
  const whole = type === TYPES.text ? source.text(name) : value;
  return {
    present: sql`(${value} IS NOT NULL)`,
    absent: sql`(${value} IS NULL)`,
    isOneOf(operands) {
      const [only, second] = operands.map(String);
      if (only !== undefined && second === undefined && (!LABELS.has(name) || isOwnKey(only)))
        return sql`(${value} = ${only}::${type})`;
      const values = sql`${operands.map(String)}::${type}[]`;
      return LABELS.has(name)
        ? sql`(${value} = ANY (ARRAY(SELECT SCHEMA.label_key(label) FROM unnest(${values}) AS label)))`
        : sql`(${value} = ANY (${values}))`;
    },
    startsWith: (prefix) => startsWith(whole, prefix),
    compares: (operator, bound) => sql`(${whole} ${operator} ${String(bound)}::${type})`,
  };
}

function listTests(list: Sql): FieldTests<SqlValue> {
  return {
    present: TRUE,
    absent: FALSE,
    isOneOf: (operands) => sql`(${list} && ${operands.map(String)}::text[])`,
    startsWith: (prefix) =>
      sql`EXISTS (SELECT 1 FROM unnest(${list}) AS element WHERE ${startsWith(constant("element"), prefix)})`,
    compares: () => FALSE,
  };
}

/** A value in the metadata contains a plain one when it equals it, or is a list that has it: just what a test means. */
function jsonTests(json: Sql): FieldTests<SqlValue> {
  return {
    present: sql`(${json} IS NOT NULL)`,
    absent: sql`(${json} IS NULL)`,
    isOneOf: (operands) =>
      operands.length <= FEW
        ? joined(
            operands.map((operand) => sql`(${json} @> ${encodeJson(operand)}::jsonb)`),
            "OR",
          )
        : jsonIsOneOf(json, operands),
    startsWith: (prefix) => sql`(CASE jsonb_typeof(${json})
      WHEN 'string' THEN ${startsWith(sql`(${json} #>> '{}')`, prefix)}
      WHEN 'array' THEN EXISTS (SELECT 1 FROM jsonb_array_elements(${json}) AS element
        WHERE jsonb_typeof(element) = 'string' AND ${startsWith(constant("(element #>> '{}')"), prefix)})
      END)`,
    compares: (operator, bound) =>
      typeof bound === "number"
        ? sql`(CASE jsonb_typeof(${json}) WHEN 'number'
            THEN (${json})::numeric ${operator} ${String(bound)}::numeric END)`
        : sql`(CASE jsonb_typeof(${json}) WHEN 'string'
            THEN (${json} #>> '{}') COLLATE "C" ${operator} ${bound} END)`,
  };
}

/** More operands than this travel as one list. */
const FEW = 8;

function jsonIsOneOf(json: Sql, values: readonly FilterOperand[]): Sql {
  const operands = sql`${values.map(encodeJson)}::jsonb[]`;
  return sql`(${json} = ANY (${operands}) OR (CASE jsonb_typeof(${json}) WHEN 'array'
    THEN EXISTS (SELECT 1 FROM jsonb_array_elements(${json}) AS element WHERE element = ANY (${operands})) END))`;
}

/** The value at a path; NULL when there is none. Step by step, because a path would go into lists too. */
function jsonAt(metadata: Sql, { path }: FieldRef): Sql {
  const value = path.reduce((inside, key) => sql`${inside} -> ${key}::text`, metadata);
  return sql`nullif(${value}, 'null'::jsonb)`;
}

function startsWith(value: Sql, prefix: string): Sql {
  return sql`starts_with(${value}, ${prefix})`;
}
