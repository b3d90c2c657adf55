/** A piece of SQL with the values for its placeholders: values are always bound, never written into the text. */
export interface Sql<Value> {
  readonly parts: readonly string[];
  /** One fewer than the parts it stands between. */
  readonly values: readonly Value[];
}

/** Builds SQL from a template: pieces are put in place, everything else becomes a placeholder. */
export function template<Value>(
  strings: TemplateStringsArray,
  ...given: readonly (Sql<Value> | Value)[]
): Sql<Value> {
  const parts: string[] = [strings[0] ?? ""];
  const values: Value[] = [];
  const extend = (text: string) => {
    parts[parts.length - 1] += text;
  };
  given.forEach((piece, index) => {
    const following = strings[index + 1] ?? "";
    if (isSql(piece)) {
      extend(piece.parts[0] ?? "");
      parts.push(...piece.parts.slice(1));
      values.push(...piece.values);
      extend(following);
    } else {
      values.push(piece);
      parts.push(following);
    }
  });
  return { parts, values };
}

/** SQL without values, from a constant of this package. */
export function constant(text: string): Sql<never> {
  return { parts: [text], values: [] };
}

export const TRUE = constant("true");
export const FALSE = constant("false");

/**
 * Joins conditions with AND or OR as a balanced tree: a plain chain of a thousand would pass SQLite's limit on the
 * depth of an expression.
 */
export function joined<Value>(conditions: readonly Sql<Value>[], operator: "AND" | "OR"): Sql<Value> {
  const [first, second] = conditions;
  if (!first) return operator === "AND" ? TRUE : FALSE;
  if (!second) return first;
  const middle = conditions.length >> 1;
  const [left, right] = [conditions.slice(0, middle), conditions.slice(middle)];
  return template<Value>`(${joined(left, operator)} ${constant(operator)} ${joined(right, operator)})`;
}

function isSql<Value>(piece: Sql<Value> | Value): piece is Sql<Value> {
  return typeof piece === "object" && piece !== null && "parts" in piece;
}
