import type { CandidateScope } from "../../../core/store-index.ts";
import { ENTRY_COLUMNS } from "../entries.ts";
import { labelKey } from "../labels.ts";
import { PLACE_COLUMNS, WITH_ENTRIES } from "../record-index.ts";
import { presentWhere } from "../record-list.ts";
import { constant, type Sql, sql } from "../sql.ts";
import { stateSql } from "./state-sql.ts";

/** So many rows are looked at from each place on, until one of them fits. */
const LOOKED_AT = 16;

/**
 * How many records a scope has, and all of them when they are few, else the first that fits from each of many places on:
 * evenly spread, and never the whole table. Columns: those of `stateSql`, then the version and the columns of
 * `indexedRecord`, NULL when there is none.
 */
export function sampleSql(
  scope: CandidateScope,
  { whole, some }: { readonly whole: number; readonly some: number },
): Sql {
  const { tenant, userId } = scope.scope;
  const fits = presentWhere(tenant, scope.filter, scope.now);
  const owned = sql`r.tenant = ${labelKey(tenant)} ${
    userId === null ? constant("") : sql`AND r.user_id = ${labelKey(userId)}`
  }`;
  return sql`WITH state AS MATERIALIZED (SELECT * FROM (SELECT ${stateSql(scope, null)}) AS now (sequence, size, until, last_row)),
    ends AS MATERIALIZED (SELECT
      (SELECT r."row" FROM SCHEMA.records r WHERE ${owned} ORDER BY r."row" LIMIT 1) AS first,
      (SELECT r."row" FROM SCHEMA.records r WHERE ${owned} ORDER BY r."row" DESC LIMIT 1) AS last),
    chosen AS (
      SELECT r."row" FROM SCHEMA.records r WHERE (SELECT size FROM state) <= ${whole}::bigint AND ${fits}
      UNION
      SELECT found."row" FROM ends, generate_series(0, ${some}::integer - 1) AS place
      CROSS JOIN LATERAL (
        SELECT r."row" FROM (SELECT r.* FROM SCHEMA.records r
          WHERE ${owned} AND r."row" >= ends.first + ((ends.last - ends.first)::bigint * place / ${some}::integer)::integer
          ORDER BY r."row" LIMIT ${constant(String(LOOKED_AT))}) AS r
        WHERE ${fits} ORDER BY r."row" LIMIT 1) AS found
      WHERE (SELECT size FROM state) > ${whole}::bigint)
    SELECT state.*, found.* FROM state LEFT JOIN (
      SELECT one.* FROM chosen CROSS JOIN LATERAL (
        SELECT r.version, ${constant(PLACE_COLUMNS)}, ${constant(ENTRY_COLUMNS)} FROM ${constant(WITH_ENTRIES)}
        WHERE r.tenant = ${labelKey(tenant)} AND r."row" = chosen."row" LIMIT 1) AS one) AS found ON true`;
}
