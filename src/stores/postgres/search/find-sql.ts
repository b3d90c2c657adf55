import type { CandidateScope, CandidateSearch } from "../../../core/store-index.ts";
import type { VectorSpace } from "../../../core/vector-index.ts";
import { labelKey } from "../labels.ts";
import { indexedRow } from "../record-index.ts";
import { presentWhere } from "../record-list.ts";
import { constant, type Sql, sql } from "../sql.ts";
import { lexemeOf } from "./lexemes.ts";

/** Records looked at for each word; of a word that stands in more, the sample of the scope tells how frequent it is. */
export const FOUND_UP_TO = 2_000;

/** Records scored by words, those with the rarest words first: the most frequent words hardly change the order. */
const SCORED_UP_TO = 5_000;

/** BM25's constants, as the ranking has them. */
const SATURATION = "2.2 / (1 + 1.2 * (0.25 + 0.75 * h.length / mean))::float8";

/**
 * The union of the best by meaning and the best by words, with their neighbours. Columns: frequencies of the terms, how many
 * match, how many were found by meaning, then those of `indexedRecord`, NULL when there is none.
 *
 * @param along true: by the graph of the index where there is one, which may miss some. Adding 0 keeps the planner off it,
 * which would use it for small scopes too and find 4 of 100.
 */
export function findSql(
  { scope: { tenant }, filter, now }: CandidateScope,
  search: CandidateSearch,
  { space, along }: { readonly space: VectorSpace; readonly along: boolean },
): Sql {
  const fits = presentWhere(tenant, filter, now);
  const key = labelKey(tenant);
  const best = sql`${search.best}::integer`;
  const size = sql`${search.size}::float8`;
  return sql`WITH terms AS MATERIALIZED (
      SELECT place, ('''' || lexeme || SCHEMA.word_end(${key}) || '''')::tsquery AS term
      FROM unnest(${search.terms.map(lexemeOf)}::text[]) WITH ORDINALITY AS given (lexeme, place)),
    found AS MATERIALIZED (
      SELECT place, one."row", one.length FROM terms CROSS JOIN LATERAL (SELECT w."row", w.length FROM SCHEMA.words w
        WHERE w.tenant = ${key} AND w.words @@ term LIMIT ${constant(String(FOUND_UP_TO))}) AS one),
    frequencies AS MATERIALIZED (
      SELECT place, count(found.place)::float8 AS frequency FROM terms LEFT JOIN found USING (place) GROUP BY place),
    used AS MATERIALIZED (
      SELECT place, ln(1 + greatest(${size} - frequency, 0) / (frequency + 0.5)) AS weight FROM (
        SELECT *, sum(frequency) OVER rarest AS upto, row_number() OVER rarest AS number FROM frequencies
        WHERE frequency > 0 WINDOW rarest AS (ORDER BY frequency, place)) AS ordered
      WHERE upto <= ${constant(String(SCORED_UP_TO))} OR number = 1),
    hits AS MATERIALIZED (
      SELECT found."row", sum(used.weight) AS weight, min(found.length)::float8 AS length FROM used JOIN found USING (place)
      GROUP BY found."row"),
    by_words AS MATERIALIZED (
      SELECT h."row" FROM (SELECT h."row" FROM hits h, (SELECT avg(length) + 1 AS mean FROM hits) AS usual
        ORDER BY h.weight * ${constant(SATURATION)} DESC, h."row") AS h
      CROSS JOIN LATERAL (SELECT 1 FROM SCHEMA.records r WHERE r."row" = h."row" AND ${fits} LIMIT 1) AS fitting
      LIMIT ${best}),
    by_meaning AS MATERIALIZED (${search.vector ? meaningSql(search.vector) : constant('SELECT NULL::integer AS "row" LIMIT 0')}),
    chosen AS MATERIALIZED (SELECT "row" FROM by_words UNION SELECT "row" FROM by_meaning),
    wanted AS (SELECT "row" FROM chosen ${search.neighbours ? neighbours() : constant("")})
    SELECT (SELECT array_agg(frequency ORDER BY place) FROM frequencies), ${search.counted ? matching() : constant("0")},
      (SELECT count(*) FROM by_meaning), found.*
    FROM (SELECT 1) AS always LEFT JOIN (
      SELECT one.* FROM wanted CROSS JOIN LATERAL (${indexedRow(tenant, "wanted")}) AS one) AS found ON true`;

  function meaningSql(vector: Float32Array): Sql {
    const half = constant(`halfvec(${space.dimensions})`);
    const distance = sql`(m.vector::${half} <=> ${`[${vector.join(",")}]`}::${half})`;
    return sql`SELECT r."row" FROM SCHEMA.meanings m JOIN SCHEMA.records r ON r.tenant = m.tenant AND r."row" = m."row"
      WHERE m.tenant = ${key} AND m.embedder = ${space.embedder} AND m.dimensions = ${space.dimensions}::integer AND ${fits}
      ORDER BY ${distance} ${constant(along ? "" : "+ 0")} LIMIT ${best}`;
  }

  function neighbours(): Sql {
    const beside = (order: "DESC" | "ASC", count: number) => sql`(SELECT r."row" FROM SCHEMA.records r
      WHERE r.session_id = o.session_id AND r.namespace IS NOT DISTINCT FROM o.namespace
        AND r.user_id IS NOT DISTINCT FROM o.user_id
        AND r.created_at ${constant(order === "DESC" ? "<=" : ">=")} o.created_at
        AND (r.created_at, r."row") ${constant(order === "DESC" ? "<" : ">")} (o.created_at, o."row") AND ${fits}
      ORDER BY r.created_at ${constant(order)}, r."row" ${constant(order)} LIMIT ${constant(String(count))})`;
    return sql`UNION SELECT b."row" FROM chosen JOIN SCHEMA.records o ON o.tenant = ${key} AND o."row" = chosen."row"
      CROSS JOIN LATERAL (${beside("DESC", 2)} UNION ALL ${beside("ASC", 1)}) AS b WHERE o.session_id IS NOT NULL`;
  }

  function matching(): Sql {
    return sql`(SELECT count(*) FROM SCHEMA.words w JOIN SCHEMA.records r ON r.tenant = w.tenant AND r."row" = w."row"
      WHERE w.words @@ (SELECT string_agg(term::text, ' | ')::tsquery FROM terms) AND ${fits})`;
  }
}
