import type { SqlValue } from "./driver.ts";

/** A piece of SQL with the values for its placeholders: values are always bound, never written into the text. */
export interface Sql {
  readonly text: string;
  readonly values: readonly SqlValue[];
}

/** Builds SQL from a template: pieces are put in place, everything else becomes a placeholder. */
export function sql(strings: TemplateStringsArray, ...parts: readonly (Sql | SqlValue)[]): Sql {
  let text = strings[0] ?? "";
  const values: SqlValue[] = [];
  parts.forEach((part, index) => {
    if (isSql(part)) {
      text += part.text;
      values.push(...part.values);
    } else {
      text += "?";
      values.push(part);
    }
    text += strings[index + 1] ?? "";
  });
  return { text, values };
}

/** SQL without values, from a constant of this package. */
export function constant(text: string): Sql {
  return { text, values: [] };
}

/**
 * Joins conditions with AND or OR as a balanced tree: a plain chain of a thousand would pass SQLite's limit on the
 * depth of an expression.
 */
export function joined(parts: readonly Sql[], operator: "AND" | "OR"): Sql {
  const [first, second] = parts;
  if (!first) return constant(operator === "AND" ? "1" : "0");
  if (!second) return first;
  const middle = parts.length >> 1;
  const [left, right] = [joined(parts.slice(0, middle), operator), joined(parts.slice(middle), operator)];
  return {
    text: `(${left.text} ${operator} ${right.text})`,
    values: [...left.values, ...right.values],
  };
}

function isSql(part: Sql | SqlValue): part is Sql {
  return typeof part === "object" && part !== null && "text" in part;
}
