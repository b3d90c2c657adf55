import { FIELD_KINDS, type FilterField } from "../../core/filter/fields.ts";
import type { RecordSource } from "./filter-sql.ts";
import { COLUMNS } from "./rows.ts";
import { constant, type Sql } from "./sql.ts";

const PRESENT_BODY = "(SELECT body FROM versions WHERE number = r.version_number)";

/** Fields of `records r`: a column where there is one, else the body. */
export const PRESENT: RecordSource = {
  scalar: (field) => ownColumn(field) ?? scalarOf(PRESENT_BODY, field),
  list: (field) => ownColumn(field) ?? constant(`(${PRESENT_BODY} -> '$.${field}')`),
  metadata: constant("r.metadata"),
};

const PAST_COLUMNS: ReadonlySet<FilterField> = new Set(["id", "userId", "createdAt", "expiresAt"]);

/** Fields of `versions v`, records as they once were. */
export const PAST: RecordSource = {
  scalar: (field) =>
    PAST_COLUMNS.has(field)
      ? constant(`v.${COLUMNS[field as keyof typeof COLUMNS]}`)
      : scalarOf("v.body", field),
  list: (field) => constant(`(v.body -> '$.${field}')`),
  metadata: constant("(v.body -> '$.metadata')"),
};

function ownColumn(field: FilterField): Sql | undefined {
  return Object.hasOwn(COLUMNS, field) ? constant(`r.${COLUMNS[field as keyof typeof COLUMNS]}`) : undefined;
}

function scalarOf(body: string, field: FilterField): Sql {
  switch (FIELD_KINDS[field]) {
    case "number":
      return constant(`memoir_number(${body} -> '$.${field}')`);
    case "instant":
      return constant(instantKeySql(`(${body} ->> '$.${field}')`));
    default:
      return constant(`(${body} ->> '$.${field}')`);
  }
}

/** `instantKey` in SQL: the fraction filled up to six digits. */
function instantKeySql(instant: string): string {
  const fraction = `ltrim(rtrim(substr(${instant}, 20), 'Z'), '.')`;
  return `(substr(${instant}, 1, 19) || '.' || substr(${fraction} || '000000', 1, 6) || 'Z')`;
}
