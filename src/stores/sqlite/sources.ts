import { FIELD_KINDS, type FilterField } from "../../core/filter/fields.ts";
import { ownColumn } from "../sql/columns.ts";
import { fieldTests } from "./field-tests.ts";
import { constant } from "./sql.ts";

const PRESENT_BODY = "(SELECT body FROM versions WHERE number = r.version_number)";

/** Fields of `records r`: a column where there is one, else the body. */
export const PRESENT = fieldTests({
  scalar: (field) => constant(ownColumn("r", field) ?? scalarOf(PRESENT_BODY, field)),
  list: (field) => constant(ownColumn("r", field) ?? `(${PRESENT_BODY} -> '$.${field}')`),
  metadata: constant("r.metadata"),
});

/** Fields of `versions v`, records as they once were. */
export const PAST = fieldTests({
  scalar: (field) => constant(pastColumn(field) ?? scalarOf("v.body", field)),
  list: (field) => constant(`(v.body -> '$.${field}')`),
  metadata: constant("(v.body -> '$.metadata')"),
});

const PAST_FIELDS: ReadonlySet<FilterField> = new Set(["id", "userId", "createdAt", "expiresAt"]);

function pastColumn(field: FilterField): string | undefined {
  return PAST_FIELDS.has(field) ? ownColumn("v", field) : undefined;
}

function scalarOf(body: string, field: FilterField): string {
  switch (FIELD_KINDS[field]) {
    case "number":
      return `memoir_number(${body} -> '$.${field}')`;
    case "instant":
      return instantKeySql(`(${body} ->> '$.${field}')`);
    default:
      return `(${body} ->> '$.${field}')`;
  }
}

/** `instantKey` in SQL: the fraction filled up to six digits. */
function instantKeySql(instant: string): string {
  const fraction = `ltrim(rtrim(substr(${instant}, 20), 'Z'), '.')`;
  return `(substr(${instant}, 1, 19) || '.' || substr(${fraction} || '000000', 1, 6) || 'Z')`;
}
