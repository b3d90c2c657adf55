import type { CandidateIndex } from "../../../core/store-index.ts";
import type { VectorSpace } from "../../../core/vector-index.ts";
import type { Database } from "../database.ts";
import { indexedRecord } from "../record-index.ts";
import { constant } from "../sql.ts";
import { FOUND_UP_TO, findSql } from "./find-sql.ts";
import { sampleSql } from "./sample-sql.ts";
import type { SearchTables } from "./search-tables.ts";

/** Comparing so many takes some hundred milliseconds, and nothing is missed. */
const EXACTLY = 50_000;

/** Compiling a query that takes milliseconds takes longer than the query. */
const PLAIN = constant("SELECT set_config('jit', 'off', true)");

/** The walk along the graph goes on past what the filter leaves out, over so many rows, looking at so many at a time. */
const WALK =
  constant(`SELECT set_config('jit', 'off', true), set_config('hnsw.iterative_scan', 'relaxed_order', true),
  set_config('hnsw.max_scan_tuples', '200000', true), set_config('hnsw.ef_search', '200', true)`);

/**
 * What pgvector and the full-text search find.
 * @param exactly up to so many records of a scope are compared one by one. Default 50,000.
 */
export function candidateIndexOn(
  database: Database,
  tables: SearchTables,
  space: VectorSpace,
  exactly = EXACTLY,
): CandidateIndex {
  return {
    prepared: (tenant) => tables.prepared(tenant),
    async sample(scope, limits) {
      const { tenant } = scope.scope;
      await tables.ready(tenant);
      const rows = await database.scan(tenant, sampleSql(scope, limits), PLAIN);
      const size = Number(rows[0]?.[0]);
      if (size > exactly) tables.layGraph(tenant, space);
      return {
        size,
        records: rows.flatMap(([, row = null, ...rest]) =>
          row === null ? [] : [indexedRecord([row, ...rest])],
        ),
      };
    },
    async find(scope, search) {
      const { tenant } = scope.scope;
      const find = async (along: boolean) => {
        const rows = await database.scan(
          tenant,
          findSql(scope, search, { space, along }),
          along ? WALK : PLAIN,
        );
        const [frequencies, matching, near] = rows[0] ?? [];
        return {
          near: Number(near),
          found: {
            records: rows.flatMap(([, , , row = null, ...rest]) =>
              row === null ? [] : [indexedRecord([row, ...rest])],
            ),
            frequencies: numbersIn(frequencies ?? "{}").map((count) => (count < FOUND_UP_TO ? count : null)),
            matching: Number(matching),
          },
        };
      };
      const { found, near } = await find(search.size > exactly);
      // The walk gives up some time; then nothing but an exact search knows whether there is more.
      const whole = search.vector === null || near >= search.best || search.size <= exactly;
      return whole ? found : (await find(false)).found;
    },
    close: async () => tables.close(),
  };
}

/** The elements of an array of numbers as the server writes it. */
function numbersIn(array: string): number[] {
  return array.slice(1, -1).split(",").filter(Boolean).map(Number);
}
