import { type Sql as Pieces, template } from "../sql/template.ts";
import type { SqlValue } from "./driver.ts";

export { constant } from "../sql/template.ts";

export type Sql = Pieces<SqlValue>;

export const sql = template<SqlValue>;

/** A statement as SQLite takes it, with a `?` for each value. */
export function statement({ parts, values }: Sql): {
  readonly text: string;
  readonly values: readonly SqlValue[];
} {
  return { text: parts.join("?"), values };
}
