/** What a placeholder may stand for. The server knows the types from the text, so that all of it travels as text. */
export type SqlValue = string | number | boolean | null | readonly (string | number | null)[];

/**
 * A piece of SQL with the values for its placeholders: values are always bound, never written into the text. Names of
 * tables and functions are written `SCHEMA.name`, for the schema that was configured.
 */
export interface Sql {
  readonly parts: readonly string[];
  /** One fewer than the parts it stands between. */
  readonly values: readonly SqlValue[];
}

/** A statement as it is sent: its placeholders are `$1`, `$2`, … */
export interface Statement {
  readonly text: string;
  readonly values: readonly SqlValue[];
}

/** Builds SQL from a template: pieces are put in place, everything else becomes a placeholder. */
export function sql(strings: TemplateStringsArray, ...given: readonly (Sql | SqlValue)[]): Sql {
  const parts: string[] = [strings[0] ?? ""];
  const values: SqlValue[] = [];
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
export function constant(text: string): Sql {
  return { parts: [text], values: [] };
}

export function joined(pieces: readonly Sql[], operator: "AND" | "OR"): Sql {
  const [first, ...others] = pieces;
  if (!first) return constant(operator === "AND" ? "true" : "false");
  if (others.length === 0) return first;
  const whole = others.reduce((left, right) => sql`${left} ${constant(operator)} ${right}`, first);
  return sql`(${whole})`;
}

/** Numbers the placeholders and puts the schema in place. */
export function statement({ parts, values }: Sql, schema: string): Statement {
  const text = parts.reduce((before, part, index) => `${before}$${index}${part}`);
  return { text: inSchema(text, schema), values };
}

export function inSchema(text: string, schema: string): string {
  return text.replaceAll("SCHEMA.", () => `${quoted(schema)}.`);
}

/** A name as SQL writes it whatever characters it has. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function isSql(piece: Sql | SqlValue): piece is Sql {
  return typeof piece === "object" && piece !== null && "parts" in piece;
}
