import { type Sql as Pieces, template } from "../sql/template.ts";

export { constant } from "../sql/template.ts";

/** What a placeholder may stand for. The server knows the types from the text, so that all of it travels as text. */
export type SqlValue = string | number | boolean | null | readonly (string | number | null)[];

/**
 * SQL for PostgreSQL. Names of tables and functions are written `SCHEMA.name`, for the schema that was configured.
 */
export type Sql = Pieces<SqlValue>;

export const sql = template<SqlValue>;

/** A statement as it is sent: its placeholders are `$1`, `$2`, … */
export interface Statement {
  readonly text: string;
  readonly values: readonly SqlValue[];
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
