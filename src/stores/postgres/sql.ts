import { sha256Hex } from "../../core/content-hash.ts";
import { type Sql as Pieces, template } from "../sql/template.ts";

export { constant } from "../sql/template.ts";

/** What a placeholder may stand for. The server knows the types from the text, so that all but bytes travels as text. */
export type SqlValue = TextValue | Buffer;

export type TextValue = string | number | boolean | null | readonly (string | number | null)[];

/**
 * SQL for PostgreSQL. Names of tables and functions are written `SCHEMA.name`, for the schema that was configured.
 */
export type Sql = Pieces<SqlValue>;

export const sql = template<SqlValue>;

/** A statement as it is sent: its placeholders are `$1`, `$2`, … */
export interface Statement {
  readonly text: string;
  readonly values: readonly SqlValue[];
  /** By which a connection may remember the statement once it was taken apart; no other text has it. */
  readonly name?: string;
}

/** Numbers the placeholders and puts the schema in place. */
export function statement({ parts, values }: Sql, schema: string): Statement {
  const text = parts.reduce((before, part, index) => `${before}$${index}${part}`);
  return { text: inSchema(text, schema), values };
}

/** As `statement`, for one of a few whose text is always the same. */
export function namedStatement(query: Sql, schema: string): Statement {
  const { text, values } = statement(query, schema);
  const name = names.get(text) ?? `memoir_${sha256Hex(text).slice(0, 32)}`;
  names.set(text, name);
  return { text, values, name };
}

const names = new Map<string, string>();

export function inSchema(text: string, schema: string): string {
  return text.replaceAll("SCHEMA.", () => `${quoted(schema)}.`);
}

/** A name as SQL writes it whatever characters it has. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
