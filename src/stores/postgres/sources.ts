import { FIELD_KINDS, type FilterField } from "../../core/filter/fields.ts";
import type { RecordSource } from "./filter-sql.ts";
import { COLUMNS, LABELS } from "./rows.ts";
import { constant, type Sql } from "./sql.ts";

const PRESENT_BODY =
  "(SELECT body FROM SCHEMA.versions WHERE tenant = r.tenant AND id = r.id AND version = r.version)";

/** Fields of `records r`: a column where there is one, else the body. */
export const PRESENT: RecordSource = {
  scalar: (field) => ownColumn("r", field) ?? scalarOf(PRESENT_BODY, field),
  text: (field) => textOf("r", PRESENT_BODY, field, Object.hasOwn(COLUMNS, field)),
  list: (field) => ownColumn("r", field) ?? listOf(PRESENT_BODY, field),
  metadata: constant("r.metadata"),
};

const PAST_FIELDS: ReadonlySet<FilterField> = new Set(["id", "version", "userId", "createdAt", "expiresAt"]);

/** Fields of `versions v`, records as they once were. */
export const PAST: RecordSource = {
  scalar: (field) => {
    if (PAST_FIELDS.has(field)) return ownColumn("v", field) as Sql;
    const scalar = scalarOf("v.body", field);
    return LABELS.has(field) ? constant(`SCHEMA.label_key(${scalar.parts[0]})`) : scalar;
  },
  text: (field) => textOf("v", "v.body", field, PAST_FIELDS.has(field)),
  list: (field) => listOf("v.body", field),
  metadata: constant("(v.body -> 'metadata')::jsonb"),
};

function ownColumn(table: string, field: FilterField): Sql | undefined {
  if (!Object.hasOwn(COLUMNS, field)) return undefined;
  return constant(`${table}.${COLUMNS[field as keyof typeof COLUMNS]}`);
}

/** The text itself, of labels too: a column has it unless it is long. */
function textOf(table: string, body: string, field: FilterField, inColumn: boolean): Sql {
  const whole = `(${body} ->> '${field}')`;
  if (!inColumn) return constant(`${whole} COLLATE "C"`);
  const column = ownColumn(table, field)?.parts[0];
  if (!LABELS.has(field)) return constant(`${column}`);
  return constant(`(CASE WHEN octet_length(${column}) <= 255 THEN ${column} ELSE ${whole} END COLLATE "C")`);
}

function scalarOf(body: string, field: FilterField): Sql {
  const value = `(${body} ->> '${field}')`;
  switch (FIELD_KINDS[field]) {
    case "number":
      return constant(`${value}::double precision`);
    case "boolean":
      return constant(`${value}::boolean`);
    case "instant":
      return constant(`${value}::timestamptz`);
    default:
      return constant(value);
  }
}

function listOf(body: string, field: FilterField): Sql {
  return constant(`ARRAY(SELECT json_array_elements_text(${body} -> '${field}'))`);
}
