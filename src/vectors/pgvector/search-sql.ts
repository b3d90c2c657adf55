import type { EngineQuery } from "../external/engine.ts";
import { vectorText } from "./table-sql.ts";

/**
 * A scope of up to so many vectors is searched exactly. Left to choose, the planner walks the graph for small scopes too, and
 * finds 4 of 100 of the nearest.
 */
const EXACTLY = 20_000;

/** The walk goes on past what the scope leaves out, over so many rows, and looks at so many neighbours at a time. */
const WALK = `SELECT set_config('hnsw.iterative_scan', 'relaxed_order', true),
  set_config('hnsw.max_scan_tuples', '200000', true), set_config('hnsw.ef_search', '200', true)`;

/**
 * Counts the scope as far as it matters, and searches it exactly or along the graph, in one flight. Adding 0 keeps the graph out
 * of the exact search. Along the graph more is taken than asked for, and ordered exactly. Columns: id, cosine, and whether the
 * search was exact.
 * @param literal writes a value into SQL, quoted: two statements cannot be sent with placeholders, and the settings of the walk
 * must be of the same transaction for a pooler to stand between.
 */
export function searchSql(
  table: string,
  { vector, equals, types, limit }: EngineQuery,
  literal: (value: string) => string,
  most = EXACTLY,
): string {
  const scope = [
    "tenant IS NOT NULL",
    ...equals.map(
      ([label, value]) => `md5("${label}") = md5(${literal(value)}) AND "${label}" = ${literal(value)}`,
    ),
    ...(types ? [`type IN (${types.map(literal).join(", ")})`] : []),
  ].join(" AND ");
  const wanted = `${literal(vectorText(vector))}::vector`;
  const half = `halfvec(${vector.length})`;
  const best = (
    source: string,
    exact: boolean,
  ) => `(SELECT id, 1 - (vector <=> ${wanted}) AS cosine, ${exact} AS exact
    FROM ${source} ORDER BY (vector <=> ${wanted}) + 0, id COLLATE "C" LIMIT ${limit})`;
  if (most === Number.POSITIVE_INFINITY) return best(`"${table}" WHERE ${scope}`, true);
  return `${WALK};
    WITH counted AS MATERIALIZED (
      SELECT count(*) AS size FROM (SELECT 1 FROM "${table}" WHERE ${scope} LIMIT ${most + 1}) AS part)
    ${best(`"${table}" WHERE (SELECT size FROM counted) <= ${most} AND ${scope}`, true)}
    UNION ALL
    ${best(
      `(SELECT id, vector FROM "${table}" WHERE (SELECT size FROM counted) > ${most} AND ${scope}
        ORDER BY (vector::${half}) <=> ${wanted}::${half} LIMIT ${limit * 4 + 100}) AS near`,
      false,
    )}`;
}
