import type { CandidateScope } from "../../../core/store-index.ts";
import { labelKey } from "../labels.ts";
import { indexedRow } from "../record-index.ts";
import { presentWhere } from "../record-list.ts";
import { constant, type Sql, sql } from "../sql.ts";

/** So many rows are looked at from each place on, until one of them fits. */
const LOOKED_AT = 16;

/**
 * How many records a scope has, and all of them when they are few, else the first that fits from each of many places on:
 * evenly spread, and never the whole table. Columns: the size, then those of `indexedRecord`, NULL when there is none.
 */
export function sampleSql(
  { scope, filter, now }: CandidateScope,
  { whole, some }: { readonly whole: number; readonly some: number },
): Sql {
  const fits = presentWhere(scope.tenant, filter, now);
  const owned = sql`r.tenant = ${labelKey(scope.tenant)} ${
    scope.userId === null ? constant("") : sql`AND r.user_id = ${labelKey(scope.userId)}`
  }`;
  return sql`WITH counted AS MATERIALIZED (SELECT count(*) AS size FROM SCHEMA.records r WHERE ${fits}),
    ends AS MATERIALIZED (SELECT
      (SELECT r."row" FROM SCHEMA.records r WHERE ${owned} ORDER BY r."row" LIMIT 1) AS first,
      (SELECT r."row" FROM SCHEMA.records r WHERE ${owned} ORDER BY r."row" DESC LIMIT 1) AS last),
    chosen AS (
      SELECT r."row" FROM SCHEMA.records r WHERE (SELECT size FROM counted) <= ${whole}::bigint AND ${fits}
      UNION
      SELECT found."row" FROM ends, generate_series(0, ${some}::integer - 1) AS place
      CROSS JOIN LATERAL (
        SELECT r."row" FROM (SELECT r.* FROM SCHEMA.records r
          WHERE ${owned} AND r."row" >= ends.first + ((ends.last - ends.first)::bigint * place / ${some}::integer)::integer
          ORDER BY r."row" LIMIT ${constant(String(LOOKED_AT))}) AS r
        WHERE ${fits} ORDER BY r."row" LIMIT 1) AS found
      WHERE (SELECT size FROM counted) > ${whole}::bigint)
    SELECT counted.size, found.* FROM counted LEFT JOIN (
      SELECT one.* FROM chosen CROSS JOIN LATERAL (${indexedRow(scope.tenant, "chosen")}) AS one) AS found ON true`;
}
