import type { FieldRef } from "../../core/filter/fields.ts";
import type { FilterNode, FilterOperand } from "../../core/filter/filter.ts";
import { constant, joined, type Sql, template } from "./template.ts";

/**
 * The tests of one field, as an engine writes them. Each is true for exactly the records for which `matches` is; for all
 * others, such as those without a value, it is false or NULL.
 */
export interface FieldTests<Value> {
  /** Whether there is a value. Lists are always there. */
  readonly present: Sql<Value>;
  /** The opposite, in a form that an index can answer where it has the field. */
  readonly absent: Sql<Value>;
  /** Whether the value is one of at least one operand, or, if it is a list, has one of them. */
  isOneOf(operands: readonly FilterOperand[]): Sql<Value>;
  /** Whether the text, or a text in the list, begins so. */
  startsWith(prefix: string): Sql<Value>;
  compares(operator: Sql<never>, bound: string | number): Sql<Value>;
}

/** Where a query finds the fields of the records it filters. */
export type FieldsSql<Value> = (field: FieldRef) => FieldTests<Value>;

const COMPARISONS = {
  gt: constant(">"),
  gte: constant(">="),
  lt: constant("<"),
  lte: constant("<="),
} as const;

/**
 * A parsed filter as an SQL condition, true for exactly the records for which `matches` is. AND and OR keep what is NULL
 * from becoming true, and a negation asks whether its part is not true.
 */
export function filterSql<Value>(node: FilterNode, fields: FieldsSql<Value>): Sql<Value> {
  switch (node.form) {
    case "and":
    case "or":
      return joined(
        node.nodes.map((part) => filterSql(part, fields)),
        node.form === "and" ? "AND" : "OR",
      );
    case "not":
      return node.node.form === "exists"
        ? fields(node.node.field).absent
        : template<Value>`((${filterSql(node.node, fields)}) IS NOT TRUE)`;
    case "exists":
      return fields(node.field).present;
    case "some":
      return fields(node.field).isOneOf(node.values);
    case "every": {
      const field = fields(node.field);
      return joined(
        node.values.map((value) => field.isOneOf([value])),
        "AND",
      );
    }
    case "startsWith":
      return fields(node.field).startsWith(node.value);
    default:
      return fields(node.field).compares(COMPARISONS[node.form], node.value);
  }
}
