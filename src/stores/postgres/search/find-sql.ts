import type { CandidateScope, CandidateSearch } from "../../../core/store-index.ts";
import type { VectorSpace } from "../../../core/vector-index.ts";
import { labelKey } from "../labels.ts";
import { PLACE_COLUMNS, WITH_ENTRIES } from "../record-index.ts";
import { presentWhere } from "../record-list.ts";
import { constant, type Sql, sql } from "../sql.ts";
import { stateSql } from "./state-sql.ts";
import { termNumber } from "./term-numbers.ts";

/** Records looked at for each word; of a word that stands in more, the sample of the scope tells how frequent it is. */
export const FOUND_UP_TO = 2_000;

/**
 * Of a word that is expected in more, only records are looked at that have a rarer one too: of the others the best are not among
 * the best by words. The rarest are looked for in any case.
 */
const FREQUENT = { from: FOUND_UP_TO, besides: 2 } as const;

/** Records scored by words, those with the rarest words first: the most frequent words hardly change the order. */
const SCORED_UP_TO = 5_000;

/** In scopes of up to so many records each is looked at for the words, so that none is missed among those of others. */
export const LOOKED_THROUGH = 2_000;

/** BM25's constants, as the ranking has them. */
const SATURATION = "2.2 / (1 + 1.2 * (0.25 + 0.75 * h.length / mean))::float8";

/** What is known of a scope from before. */
export interface KnownScope {
  readonly size: number;
  /** The share of the tenant's records that the scope has, about. */
  readonly share: number;
  /** When no change of the tenant came after this one, the scope still has `size` records; null when that is not known. */
  readonly sequence: string | null;
  /** Whose features are known. */
  readonly sample: readonly { readonly row: number; readonly version: number }[];
}

/**
 * The union of the best by meaning and the best by words, with their neighbours, and of the sample what is still as it was.
 * Columns: in how many records each term was found, NULL where that was not counted, how many match, how many were found by meaning, those of `stateSql`, then row, id,
 * embedder, analyser, features, NULL when they are known, and the cosines; all of them NULL when there is none.
 *
 * @param along true: by the graph of the index where there is one, which may miss some. Adding 0 keeps the planner off it,
 * which would use it for small scopes too and find 4 of 100.
 */
export function findSql(
  scope: CandidateScope,
  search: CandidateSearch,
  {
    known,
    space,
    along,
  }: { readonly known: KnownScope; readonly space: VectorSpace; readonly along: boolean },
): Sql {
  const { tenant } = scope.scope;
  const fits = presentWhere(tenant, scope.filter, scope.now);
  const key = labelKey(tenant);
  const best = sql`${search.best}::integer`;
  const half = constant(`halfvec(${space.dimensions})`);
  const [nearTo] = search.vectors;
  return sql`WITH terms AS MATERIALIZED (
      SELECT *, ARRAY[number] AS term, CASE WHEN expected > ${constant(String(FREQUENT.from))} AND place > ${constant(String(FREQUENT.besides))}
        THEN array_agg(number) OVER (ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) END AS rarer
      FROM (SELECT number # SCHEMA.own_mix(${key}) AS number, expected / ${known.share}::float8 AS expected, place
        FROM unnest(${search.terms.map(({ term }) => termNumber(term))}::integer[],
          ${search.terms.map(({ expected }) => expected)}::float8[]) WITH ORDINALITY AS given (number, expected, place)) AS given),
    vectors AS MATERIALIZED (SELECT ${joinedBy(
      search.vectors.map((vector, at) => sql`${textOf(vector)}::${half} AS ${constant(`v${at}`)}`),
    )}),
    found AS MATERIALIZED (${known.size <= LOOKED_THROUGH ? foundAmongAll() : foundByIndex()}),
    frequencies AS MATERIALIZED (
      SELECT place, CASE WHEN rarer IS NULL THEN count(found.place) END AS counted, expected
      FROM terms LEFT JOIN found USING (place) GROUP BY place, rarer, expected),
    used AS MATERIALIZED (
      SELECT place, ln(1 + greatest(${known.size}::float8 / ${known.share}::float8 - frequency, 0) / (frequency + 0.5)) AS weight
      FROM (SELECT place, counted, sum(counted) OVER (ORDER BY counted, place) AS upto,
          coalesce(counted, expected) AS frequency FROM frequencies) AS ordered
      WHERE counted IS NULL OR upto <= ${constant(String(SCORED_UP_TO))}),
    hits AS MATERIALIZED (
      SELECT found."row", sum(used.weight) AS weight, min(found.length)::float8 AS length FROM used JOIN found USING (place)
      GROUP BY found."row"),
    by_words AS MATERIALIZED (
      SELECT h."row" FROM (SELECT h."row" FROM hits h, (SELECT avg(length) + 1 AS mean FROM hits) AS usual
        ORDER BY h.weight * ${constant(SATURATION)} DESC, h."row") AS h
      CROSS JOIN LATERAL (SELECT 1 FROM SCHEMA.records r WHERE r."row" = h."row" AND ${fits} LIMIT 1) AS fitting
      LIMIT ${best}),
    by_meaning AS MATERIALIZED (${nearTo?.some((value) => value !== 0) ? byMeaning(nearTo) : constant('SELECT NULL::integer AS "row" LIMIT 0')}),
    chosen AS MATERIALIZED (SELECT "row" FROM by_words UNION SELECT "row" FROM by_meaning),
    wanted AS MATERIALIZED (SELECT "row", bool_or(known) AS known FROM (SELECT "row", false AS known FROM chosen
      ${search.neighbours ? neighbours() : constant("")} ${search.sampled ? sample() : constant("")}) AS one GROUP BY "row")
    SELECT (SELECT array_agg(counted ORDER BY place) FROM frequencies), ${search.counted ? matching() : constant("0")},
      (SELECT count(*) FROM by_meaning), ${stateSql(scope, known.sequence)}, found.*
    FROM (SELECT 1) AS always LEFT JOIN (
      SELECT one.* FROM vectors, wanted CROSS JOIN LATERAL (
        SELECT ${constant(PLACE_COLUMNS)}, e.embedder, e.analyzer,
          CASE WHEN NOT wanted.known THEN encode(e.features, 'hex') END ${cosines()}
        FROM ${constant(WITH_ENTRIES)} ${constant(search.vectors.length > 0 ? MEANING_OF : "")}
        WHERE r.tenant = ${key} AND r."row" = wanted."row" LIMIT 1) AS one) AS found ON true`;

  // An empty text keeps the planner off the key of the table: as long as it has no statistics, it would read all of the tenant.
  function foundByIndex(): Sql {
    const having = (condition: string) =>
      sql`SELECT place, one."row", one.length FROM terms CROSS JOIN LATERAL (SELECT t."row", t.length FROM SCHEMA.terms t
        WHERE (t.tenant || '') = ${key} AND ${constant(condition)} LIMIT ${constant(String(FOUND_UP_TO))}) AS one`;
    return sql`${having("t.terms @> term")} WHERE rarer IS NULL
      UNION ALL ${having("t.terms @> term AND t.terms && rarer")} WHERE rarer IS NOT NULL`;
  }

  function foundAmongAll(): Sql {
    return sql`SELECT place, one."row", one.length FROM SCHEMA.records r
      CROSS JOIN LATERAL (SELECT t."row", t.length, t.terms FROM SCHEMA.terms t
        WHERE t.tenant = ${key} AND t."row" = r."row" LIMIT 1) AS one
      JOIN terms ON one.terms @> term WHERE ${fits}`;
  }

  function byMeaning(vector: Float32Array): Sql {
    const distance = sql`(m.vector::${half} <=> ${textOf(vector)}::${half})`;
    return sql`SELECT r."row" FROM SCHEMA.meanings m JOIN SCHEMA.records r ON r.tenant = m.tenant AND r."row" = m."row"
      WHERE m.tenant = ${key} AND m.embedder = ${space.embedder} AND m.dimensions = ${space.dimensions}::integer AND ${fits}
      ORDER BY ${distance} ${constant(along ? "" : "+ 0")} LIMIT ${best}`;
  }

  function cosines(): Sql {
    const compared = sql`m.embedder = ${space.embedder} AND m.dimensions = ${space.dimensions}::integer`;
    return search.vectors.reduce<Sql>(
      (before, _, at) =>
        sql`${before}, CASE WHEN ${compared} THEN 1 - (m.vector::${half} <=> ${constant(`v${at}`)}) END`,
      constant(""),
    );
  }

  function neighbours(): Sql {
    const beside = (order: "DESC" | "ASC", count: number) => sql`(SELECT r."row" FROM SCHEMA.records r
      WHERE r.session_id = o.session_id AND r.namespace IS NOT DISTINCT FROM o.namespace
        AND r.user_id IS NOT DISTINCT FROM o.user_id
        AND r.created_at ${constant(order === "DESC" ? "<=" : ">=")} o.created_at
        AND (r.created_at, r."row") ${constant(order === "DESC" ? "<" : ">")} (o.created_at, o."row") AND ${fits}
      ORDER BY r.created_at ${constant(order)}, r."row" ${constant(order)} LIMIT ${constant(String(count))})`;
    return sql`UNION ALL SELECT b."row", false FROM chosen JOIN SCHEMA.records o ON o.tenant = ${key} AND o."row" = chosen."row"
      CROSS JOIN LATERAL (${beside("DESC", 2)} UNION ALL ${beside("ASC", 1)}) AS b WHERE o.session_id IS NOT NULL`;
  }

  function sample(): Sql {
    return sql`UNION ALL SELECT s."row", true
      FROM unnest(${known.sample.map(({ row }) => row)}::integer[], ${known.sample.map(({ version }) => version)}::integer[])
        AS s ("row", version)
      CROSS JOIN LATERAL (SELECT 1 FROM SCHEMA.records r
        WHERE r."row" = s."row" AND r.version = s.version AND ${fits} LIMIT 1) AS fitting`;
  }

  function matching(): Sql {
    return sql`(SELECT count(*) FROM SCHEMA.terms t JOIN SCHEMA.records r ON r.tenant = t.tenant AND r."row" = t."row"
      WHERE t.terms && ARRAY(SELECT number FROM terms) AND ${fits})`;
  }
}

const MEANING_OF = 'LEFT JOIN SCHEMA.meanings m ON m.tenant = r.tenant AND m."row" = r."row"';

function textOf(vector: Float32Array): string {
  return `[${vector.join(",")}]`;
}

function joinedBy(columns: readonly Sql[]): Sql {
  const [first = constant("1"), ...others] = columns;
  return others.reduce<Sql>((before, column) => sql`${before}, ${column}`, first);
}
