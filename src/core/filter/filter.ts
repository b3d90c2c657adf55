import type { FieldRef, FilterField } from "./fields.ts";

/** A value to compare with. Instants may be Dates or ISO text. Null means "absent". */
export type FilterValue = string | number | boolean | Date | null;

/**
 * What must hold of one field. Several operators in one object must all hold. A bare value means `eq`.
 *
 * On a list field `eq` means "contains", `ne` "does not contain", `any` (or `in`) "at least one of", `all` "every one
 * of", `none` (or `notIn`) "not one of", `startsWith` "some element starts with". On a single value `any` is `in`, `none`
 * is `notIn`, and `all` holds when the value equals each. A field that is absent satisfies only `ne`, `none`, `notIn` and
 * `exists: false`.
 */
export interface FilterCondition {
  readonly eq?: FilterValue;
  readonly ne?: FilterValue;
  readonly any?: readonly FilterValue[];
  readonly all?: readonly FilterValue[];
  readonly none?: readonly FilterValue[];
  readonly in?: readonly FilterValue[];
  readonly notIn?: readonly FilterValue[];
  readonly gt?: FilterValue;
  readonly gte?: FilterValue;
  readonly lt?: FilterValue;
  readonly lte?: FilterValue;
  /** Both ends included. */
  readonly between?: readonly [FilterValue, FilterValue];
  readonly exists?: boolean;
  readonly startsWith?: string;
}

type FieldConditions = {
  readonly [field in FilterField | `metadata.${string}`]?: FilterValue | FilterCondition;
};

/** A filter as callers write it. Everything in one object must hold; `and`, `or` and `not` nest. */
export interface Filter extends FieldConditions {
  readonly and?: readonly Filter[];
  readonly or?: readonly Filter[];
  readonly not?: Filter;
}

export const OPERATORS = [
  "eq",
  "ne",
  "any",
  "all",
  "none",
  "in",
  "notIn",
  "gt",
  "gte",
  "lt",
  "lte",
  "between",
  "exists",
  "startsWith",
] as const;
export type Operator = (typeof OPERATORS)[number];

/** A value after parsing: instants have become fixed-width UTC text, see `instantKey`. */
export type FilterOperand = string | number | boolean;

/**
 * One checked comparison in the few forms a store has to translate. The parser reduces every operator to these:
 * `in`, `any` and `eq` to `some`; `all` to `every`; `ne`, `none` and `notIn` to a negated `some`; `between` to two
 * comparisons. For a single value `some` means "is one of"; for a list "has one of".
 */
export type FilterTest =
  | { readonly form: "some" | "every"; readonly field: FieldRef; readonly values: readonly FilterOperand[] }
  | { readonly form: "gt" | "gte" | "lt" | "lte"; readonly field: FieldRef; readonly value: string | number }
  | { readonly form: "exists"; readonly field: FieldRef }
  | { readonly form: "startsWith"; readonly field: FieldRef; readonly value: string };

/** A parsed filter: what stores translate and the reference evaluator runs. An empty `and` holds for every record. */
export type FilterNode =
  | { readonly form: "and" | "or"; readonly nodes: readonly FilterNode[] }
  | { readonly form: "not"; readonly node: FilterNode }
  | FilterTest;

/** Holds for every record. */
export const EVERYTHING: FilterNode = { form: "and", nodes: [] };
