import type { IndexedRecord } from "../../../core/recall-index.ts";
import type {
  CandidateIndex,
  CandidateRecord,
  CandidateRecords,
  CandidateScope,
  CandidateSearch,
  ScopeSample,
} from "../../../core/store-index.ts";
import { instantKey } from "../../../core/time.ts";
import type { VectorSpace } from "../../../core/vector-index.ts";
import type { Database } from "../database.ts";
import type { Row } from "../driver.ts";
import { indexedRecord } from "../record-index.ts";
import { constant } from "../sql.ts";
import { FOUND_UP_TO, findSql, type KnownScope, LOOKED_THROUGH } from "./find-sql.ts";
import { isNarrow, type LookedAt, RememberedScopes, type ScopeState, stillKnown } from "./remembered.ts";
import { sampleSql } from "./sample-sql.ts";
import type { SearchTables } from "./search-tables.ts";

/** Comparing so many takes some ten milliseconds, and nothing is missed. */
const EXACTLY = 20_000;

/** Passing a record on the walk along the graph takes as long as comparing so many. */
const STEP = 15;

/** Looking at what a smaller scope is like takes a few milliseconds, and it soon becomes another. */
const REMEMBERED_FROM = 2_000;

/** Compiling a query that takes milliseconds takes longer than the query. */
const PLAIN = constant("SELECT set_config('jit', 'off', true)");

/** The walk along the graph goes on past what the filter leaves out, over so many rows, looking at so many at a time. */
const WALK =
  constant(`SELECT set_config('jit', 'off', true), set_config('hnsw.iterative_scan', 'relaxed_order', true),
  set_config('hnsw.max_scan_tuples', '200000', true), set_config('hnsw.ef_search', '200', true)`);

export interface CandidateIndexOptions {
  /** Up to so many records of a scope are compared one by one. Default 20,000. */
  readonly exactly?: number;
  /** Of scopes of so many records it is remembered what they are like. Default 2,000. */
  readonly rememberedFrom?: number;
}

interface Looked extends LookedAt {
  readonly records: readonly IndexedRecord[];
}

/** What pgvector and an index of words find. */
export function candidateIndexOn(
  database: Database,
  tables: SearchTables,
  space: VectorSpace,
  { exactly = EXACTLY, rememberedFrom = REMEMBERED_FROM }: CandidateIndexOptions = {},
): CandidateIndex {
  const remembered = new RememberedScopes<Looked>();

  async function look(scope: CandidateScope, limits: { whole: number; some: number }): Promise<Looked> {
    const { tenant } = scope.scope;
    await tables.ready(tenant);
    const rows = await database.scan(tenant, sampleSql(scope, limits), PLAIN);
    const state = stateIn(rows[0] ?? [], scope, null);
    const sample = rows.flatMap(([, , , , version = null, ...record]) =>
      version === null ? [] : [{ version: Number(version), record: indexedRecord(record) }],
    );
    const looked: Looked = {
      state,
      first: state,
      sample,
      records: sample.map(({ record }) => record),
    };
    if (state.size > exactly) tables.layGraph(tenant, space);
    return looked;
  }

  /** What is remembered was looked at for an earlier search; this one has an instant of its own. */
  function sampleOf(scope: CandidateScope, looked: Looked): ScopeSample {
    const { first, records } = looked;
    return { size: first.size, records, find: (search) => find(scope, looked, search) };
  }

  async function find(
    scope: CandidateScope,
    looked: Looked,
    search: CandidateSearch,
  ): Promise<CandidateRecords> {
    const { state } = looked;
    const known: KnownScope = {
      size: state.size,
      share: shareOf(scope, state),
      sequence: stillKnown(scope, state) ? state.sequence : null,
      sample: looked.sample.map(({ version, record }) => ({ version, row: record.row })),
    };
    const terms = search.terms.toSorted((left, right) => left.expected - right.expected);
    const walks = state.size > exactly && state.size ** 2 > STEP * search.best * state.lastRow;
    const found = await ask(walks);
    remembered.seen(scope, looked, found);
    // The walk gives up some time; then nothing but an exact search knows whether there is more.
    const isWhole = !walks || search.vectors.length === 0 || found.near >= Math.min(search.best, found.size);
    return isWhole ? found : ask(false);

    async function ask(along: boolean) {
      const query = findSql(scope, { ...search, terms }, { known, space, along });
      const rows = await database.scan(scope.scope.tenant, query, along ? WALK : PLAIN);
      const [counts, matching, near, ...others] = rows[0] ?? [];
      const now = stateIn(others, scope, state);
      const samples = new Map(looked.sample.map(({ record }) => [record.row, record]));
      const isWhole = known.size <= LOOKED_THROUGH;
      const counted = numbersIn(counts ?? "{}").map((count) =>
        count !== null && (isWhole || count < FOUND_UP_TO) ? count * known.share : null,
      );
      const frequencies = new Map(terms.map(({ term }, place) => [term, counted[place]]));
      let standing = 0;
      const records = rows.flatMap((columns): CandidateRecord[] => {
        const [row = null, id = null, embedder = null, analyzer = null, features = null, ...cosines] =
          columns.slice(7);
        if (row === null) return [];
        const sampled = features === null ? samples.get(Number(row)) : undefined;
        if (sampled) standing++;
        const record = sampled ?? indexedRecord([row, id, embedder, analyzer, features, null]);
        return [{ ...record, cosines: cosines.map((cosine) => Number(cosine) || 0) }];
      });
      return {
        size: now.size,
        records,
        frequencies: search.terms.map(({ term }) => frequencies.get(term) ?? null),
        matching: Number(matching),
        near: Number(near),
        state: now,
        standing: search.sampled ? standing : looked.sample.length,
      };
    }
  }

  return {
    prepared: (tenant) => tables.prepared(tenant),
    async sample(scope, limits) {
      const known = remembered.get(scope);
      if (known && known.first.size > limits.whole) return sampleOf(scope, known);
      const looked = await look(scope, limits);
      if (looked.first.size > Math.max(limits.whole, rememberedFrom)) remembered.set(scope, looked);
      return sampleOf(scope, looked);
    },
    close: async () => tables.close(),
  };
}

/** The columns of `stateSql`; what is still known is not said again. */
function stateIn(
  [sequence, size, until, lastRow]: Row,
  { now }: CandidateScope,
  known: ScopeState | null,
): ScopeState {
  const rest = { sequence: sequence ?? "", lastRow: Number(lastRow) };
  return known !== null && size === null
    ? { ...known, ...rest }
    : { ...rest, size: Number(size), from: instantKey(now), until: until ?? null };
}

/** The share of the tenant's rows that a scope has, as if none were deleted; of words it is only known for the tenant how frequent they are. */
function shareOf({ filter }: CandidateScope, { size, lastRow }: ScopeState): number {
  return size <= LOOKED_THROUGH || !isNarrow(filter) ? 1 : Math.min(1, size / (lastRow || 1));
}

/** The elements of an array of numbers as the server writes it. */
function numbersIn(array: string): (number | null)[] {
  const elements = array.slice(1, -1).split(",").filter(Boolean);
  return elements.map((element) => (element === "NULL" ? null : Number(element)));
}
