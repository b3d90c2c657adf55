import type { Embedder } from "../../core/embedder.ts";
import { hashTerm, PackedFeatures } from "../../core/features.ts";
import type {
  CandidateQuery,
  Candidates,
  IndexedRecord,
  Indexer,
  RecallIndex,
  RecallView,
  RecallViewRequest,
} from "../../core/recall-index.ts";
import type { RecordStore } from "../../core/store.ts";
import type { CandidateIndex } from "../../core/store-index.ts";
import { analysed } from "../local/analysed.ts";
import { expectedMeans, type MeanLengths } from "../local/bags.ts";
import { meaningInMemory } from "../local/meaning.ts";
import { Pace } from "../local/pace.ts";
import { Partition } from "../local/partition.ts";
import { type ScopeStatistics, Selection } from "../local/selection.ts";
import { viewOf } from "../local/view.ts";

const WHOLE_UP_TO = 500;

/** Of more rows so many from all over are candidates too, so that the lowest and the usual scores are known. */
const SAMPLE = 200;

/** So many are candidates by meaning and as many by words; with 300 the ranking was nearly the same. */
const BEST_BY_EACH = 200;

export interface InStoreIndexOptions {
  readonly candidates: CandidateIndex;
  /** Vectors of other embedders are left out. */
  readonly embedder: Pick<Embedder, "id" | "dimensions">;
  /** For what another analyser made, which is made anew. */
  readonly store: Pick<RecordStore, "read">;
  readonly indexer: Pick<Indexer, "analyzer" | "features">;
  /** Asked when every record of a large scope shall be a candidate, as whoever reads far down asks for. */
  readonly everything: RecallIndex;
}

/** An index that the store keeps. What it finds is compared and ranked here as if it were in an index of this process. */
export function createInStoreIndex(options: InStoreIndexOptions): RecallIndex {
  const { candidates } = options;
  const wholeUpTo = candidates.wholeUpTo ?? WHOLE_UP_TO;
  return {
    async view(request) {
      const { scope, signal } = request;
      const { size, records } = await candidates.sample(request, { whole: wholeUpTo, some: SAMPLE });
      const sample = await analysed(options, scope.tenant, records);
      const pace = new Pace(signal);
      if (size > wholeUpTo) return partlyKnown(options, request, { size, sample, pace });
      const selection = await select(options, sample, pace);
      return viewOf(selection, pace, meaningInMemory(selection));
    },
    close: () => candidates.close(),
  };
}

/** A view of a scope of which no more than a sample is known, before it is asked for candidates. */
function partlyKnown(
  options: InStoreIndexOptions,
  request: RecallViewRequest,
  known: { readonly size: number; readonly sample: readonly IndexedRecord[]; readonly pace: Pace },
): RecallView {
  const { size, sample, pace } = known;
  const { speakers, meanLengths } = factsOf(sample);
  let matching = 0;

  async function candidates(
    query: CandidateQuery,
    { signal }: { signal?: AbortSignal },
  ): Promise<Candidates> {
    if (query.all) {
      const view = await options.everything.view(request);
      return view.candidates(query, signal ? { signal } : {});
    }
    const turn = signal ? new Pace(signal) : pace;
    const { vectors, terms, parts, context } = query;
    const [vector = null] = vectors;
    // What a part asks for stands in the whole question too.
    const asked = [...new Set([...terms, ...parts.flat()])];
    const byWordsAlone = vector === null;
    const found = await options.candidates.find(request, {
      vector: vector?.some((value) => value !== 0) ? vector : null,
      terms: asked,
      size,
      best: BEST_BY_EACH,
      neighbours: context,
      counted: byWordsAlone,
    });
    matching = found.matching;
    const own = await analysed(options, request.scope.tenant, found.records);
    const records = vector && terms.length > 0 ? [...sample, ...own] : own;
    const frequencies = new Map(
      asked.map((term, at) => {
        const counted = found.frequencies[at] ?? size * shareOf(term, sample);
        return [term, Math.min(size, counted)] as const;
      }),
    );
    const statistics = { size, frequencies, meanLengths };
    const selection = await select(options, records, turn, statistics);
    return viewOf(selection, turn, meaningInMemory(selection)).candidates(query, signal ? { signal } : {});
  }

  return {
    size,
    speakers,
    candidates: (query, given = {}) => candidates(query, given),
    countWith: () => matching,
  };
}

/** All of these records, which may come twice. */
async function select(
  { embedder }: InStoreIndexOptions,
  records: readonly IndexedRecord[],
  pace: Pace,
  statistics: ScopeStatistics | null = null,
): Promise<Selection> {
  const partition = new Partition(embedder, { allUpTo: Number.POSITIVE_INFINITY });
  const rows = new Map(records.map((record) => [record.id, record]));
  for (const row of rows.values()) {
    partition.put(row);
    if (pace.due) await pace.rest();
  }
  const slots = Uint32Array.from({ length: partition.length }, (_, slot) => slot);
  return new Selection(partition, slots, statistics);
}

/** The share of the records that have a term. */
function shareOf(term: string, records: readonly IndexedRecord[]): number {
  const hash = new Uint32Array(2);
  hashTerm(term, hash, 0);
  const having = records.filter(({ entry }) => {
    const { view, hashesAt, count } = new PackedFeatures(entry.features);
    for (let at = hashesAt; at < hashesAt + 8 * count; at += 8)
      if (view.getUint32(at, true) === hash[0] && view.getUint32(at + 4, true) === hash[1]) return true;
    return false;
  });
  return having.length / (records.length || 1);
}

const decoder = new TextDecoder();

function factsOf(sample: readonly IndexedRecord[]): {
  readonly speakers: ReadonlySet<string>;
  readonly meanLengths: MeanLengths;
} {
  const features = sample.map(({ entry }) => new PackedFeatures(entry.features));
  const speakers = features.flatMap(({ speaker }) => (speaker ? [decoder.decode(speaker)] : []));
  const lengths = features.map(({ count, session }) => ({ own: count, inSession: session !== null }));
  return { speakers: new Set(speakers), meanLengths: expectedMeans(lengths) };
}
