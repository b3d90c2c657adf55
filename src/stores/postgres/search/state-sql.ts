import type { CandidateScope } from "../../../core/store-index.ts";
import { labelKey } from "../labels.ts";
import { presentWhere } from "../record-list.ts";
import { timestamp } from "../rows.ts";
import { constant, type Sql, sql } from "../sql.ts";

/**
 * Columns: the last change of the tenant; the size of a scope, and the instant at which it may become another one without a
 * change, NULL for never; and the highest row. Size and instant are not looked for after the change that is known already.
 */
export function stateSql({ scope, filter, now }: CandidateScope, sequence: string | null): Sql {
  const key = labelKey(scope.tenant);
  const at = timestamp(now);
  const of = (column: "last_sequence" | "last_row") =>
    sql`(SELECT ${constant(column)} FROM SCHEMA.tenants WHERE tenant = ${key})`;
  const unlessKnown = (query: Sql) =>
    sql`CASE WHEN ${of("last_sequence")} = ${sequence}::bigint THEN NULL ELSE (${query}) END`;
  const next = (column: "expires_at" | "valid_from" | "valid_to") =>
    sql`(SELECT min(r.${constant(column)}) FROM SCHEMA.records r WHERE r.tenant = ${key} AND r.${constant(column)} > ${at})`;
  return sql`${of("last_sequence")},
    ${unlessKnown(sql`SELECT count(*) FROM SCHEMA.records r WHERE ${presentWhere(scope.tenant, filter, now)}`)},
    ${unlessKnown(sql`SELECT SCHEMA.instant_key(least(${next("expires_at")}, ${next("valid_from")}, ${next("valid_to")}))`)},
    ${of("last_row")}`;
}
