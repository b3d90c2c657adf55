import { type Sql, sql } from "./sql.ts";

/** The `label_key` of a label, as tables have it. */
export function labelKey(label: string): Sql {
  return isOwnKey(label) ? sql`${label}` : sql`SCHEMA.label_key(${label})`;
}

/** Whether a label is short enough to be its own key for sure: no character takes more bytes than this. */
export function isOwnKey(label: string): boolean {
  return label.length * 3 <= 255;
}
