import { FIELD_KINDS, type FilterField } from "../../core/filter/fields.ts";
import { ownColumn } from "../sql/columns.ts";
import { fieldTests } from "./field-tests.ts";
import { LABELS } from "./rows.ts";
import { constant, type Sql } from "./sql.ts";

const PRESENT_BODY =
  "(SELECT body FROM SCHEMA.versions WHERE tenant = r.tenant AND id = r.id AND version = r.version)";

/** Fields of `records r`: a column where there is one, else the body. */
export const PRESENT = fieldTests({
  scalar: (field) => constant(ownColumn("r", field) ?? scalarOf(PRESENT_BODY, field)),
  text: (field) => textOf(ownColumn("r", field), PRESENT_BODY, field),
  list: (field) => constant(ownColumn("r", field) ?? listOf(PRESENT_BODY, field)),
  metadata: constant("r.metadata"),
});

/** Fields of `versions v`, records as they once were. */
export const PAST = fieldTests({
  scalar: (field) => {
    const scalar = scalarOf("v.body", field);
    return constant(pastColumn(field) ?? (LABELS.has(field) ? `SCHEMA.label_key(${scalar})` : scalar));
  },
  text: (field) => textOf(pastColumn(field), "v.body", field),
  list: (field) => constant(listOf("v.body", field)),
  metadata: constant("(v.body -> 'metadata')::jsonb"),
});

const PAST_FIELDS: ReadonlySet<FilterField> = new Set(["id", "version", "userId", "createdAt", "expiresAt"]);

function pastColumn(field: FilterField): string | undefined {
  return PAST_FIELDS.has(field) ? ownColumn("v", field) : undefined;
}

/** The text itself, of labels too: a column has it unless it is long. */
function textOf(column: string | undefined, body: string, field: FilterField): Sql {
  const whole = `(${body} ->> '${field}')`;
  if (column === undefined) return constant(`${whole} COLLATE "C"`);
  if (!LABELS.has(field)) return constant(column);
  return constant(`(CASE WHEN octet_length(${column}) <= 255 THEN ${column} ELSE ${whole} END COLLATE "C")`);
}

function scalarOf(body: string, field: FilterField): string {
  const value = `(${body} ->> '${field}')`;
  switch (FIELD_KINDS[field]) {
    case "number":
      return `${value}::double precision`;
    case "boolean":
      return `${value}::boolean`;
    case "instant":
      return `${value}::timestamptz`;
    default:
      return value;
  }
}

function listOf(body: string, field: FilterField): string {
  return `ARRAY(SELECT json_array_elements_text(${body} -> '${field}'))`;
}
