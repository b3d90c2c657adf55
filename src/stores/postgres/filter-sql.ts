import type { FieldKind, FieldRef, FilterField } from "../../core/filter/fields.ts";
import type { FilterNode, FilterOperand, FilterTest } from "../../core/filter/filter.ts";
import { isOwnKey } from "./labels.ts";
import { LABELS } from "./rows.ts";
import { constant, joined, type Sql, sql } from "./sql.ts";
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

const FALSE = constant("false");
const TRUE = constant("true");

function testSql(test: FilterTest, source: RecordSource): Sql {
  const name = test.field.name as FilterField;
  switch (test.field.kind) {
    case "json":
      return jsonTest(test, jsonAt(source.metadata, test.field));
    case "list":
      return listTest(test, source.list(name));
    default:
      return scalarTest(test, name, source);
  }
}

/** Types of columns and operands by kind of field. */
const TYPES: Readonly<Record<Exclude<FieldKind, "list" | "json">, string>> = {
  text: "text",
  number: "double precision",
  boolean: "boolean",
  instant: "timestamptz",
};

function scalarTest(test: FilterTest, name: FilterField, source: RecordSource): Sql {
  const kind = test.field.kind as keyof typeof TYPES;
  const type = TYPES[kind];
  const fits = (operand: FilterOperand) =>
    typeof operand === (kind === "number" || kind === "boolean" ? kind : "string");
  const isOneOf = (operands: readonly FilterOperand[]) => {
    const fitting = operands.filter(fits);
    if (fitting.length === 0) return FALSE;
    const values = sql`${fitting.map(String)}::${constant(type)}[]`;
    const compared = LABELS.has(name)
      ? sql`ARRAY(SELECT SCHEMA.label_key(label) FROM unnest(${values}) AS label)`
      : values;
    return fitting.length === 1 && (!LABELS.has(name) || isOwnKey(String(fitting[0])))
      ? sql`(${source.scalar(name)} = ${String(fitting[0])}::${constant(type)})`
      : sql`(${source.scalar(name)} = ANY (${compared}))`;
  };
  switch (test.form) {
    case "exists":
      return sql`(${source.scalar(name)} IS NOT NULL)`;
    case "some":
      return isOneOf(test.values);
    case "every":
      return joined(
        [sql`${source.scalar(name)} IS NOT NULL`, ...test.values.map((operand) => isOneOf([operand]))],
        "AND",
      );
    case "startsWith":
      return kind === "text" ? startsWith(source.text(name), test.value) : FALSE;
    default: {
      if (!fits(test.value)) return FALSE;
      const value = kind === "text" ? source.text(name) : source.scalar(name);
      return sql`(${value} ${COMPARISONS[test.form]} ${String(test.value)}::${constant(type)})`;
    }
  }
}

const COMPARISONS = {
  gt: constant(">"),
  gte: constant(">="),
  lt: constant("<"),
  lte: constant("<="),
} as const;

function listTest(test: FilterTest, list: Sql): Sql {
  const texts = (values: readonly FilterOperand[]) => values.filter((value) => typeof value === "string");
  switch (test.form) {
    case "exists":
      return TRUE;
    case "some":
      return sql`(${list} && ${texts(test.values)}::text[])`;
    case "every":
      return texts(test.values).length < test.values.length
        ? FALSE
        : sql`(${list} @> ${texts(test.values)}::text[])`;
    case "startsWith":
      return sql`EXISTS (SELECT 1 FROM unnest(${list}) AS element WHERE ${startsWith(constant("element"), test.value)})`;
    default:
      return FALSE;
  }
}

/** A value in the metadata contains a plain one when it equals it, or is a list that has it: just what a test means. */
function jsonTest(test: FilterTest, json: Sql): Sql {
  const contains = (operand: FilterOperand) => sql`(${json} @> ${encodeJson(operand)}::jsonb)`;
  switch (test.form) {
    case "exists":
      return sql`(${json} IS NOT NULL)`;
    case "some":
      return test.values.length <= FEW
        ? joined(test.values.map(contains), "OR")
        : jsonIsOneOf(json, test.values);
    case "every":
      return joined([sql`${json} IS NOT NULL`, ...test.values.map(contains)], "AND");
    case "startsWith":
      return sql`(CASE jsonb_typeof(${json})
        WHEN 'string' THEN ${startsWith(sql`(${json} #>> '{}')`, test.value)}
        WHEN 'array' THEN EXISTS (SELECT 1 FROM jsonb_array_elements(${json}) AS element
          WHERE jsonb_typeof(element) = 'string' AND ${startsWith(constant("(element #>> '{}')"), test.value)})
        END)`;
    default: {
      const comparison = COMPARISONS[test.form];
      return typeof test.value === "number"
        ? sql`(CASE jsonb_typeof(${json}) WHEN 'number'
            THEN (${json})::numeric ${comparison} ${String(test.value)}::numeric END)`
        : sql`(CASE jsonb_typeof(${json}) WHEN 'string'
            THEN (${json} #>> '{}') COLLATE "C" ${comparison} ${test.value} END)`;
    }
  }
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
