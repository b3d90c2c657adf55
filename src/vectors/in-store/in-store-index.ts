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
import type { CandidateIndex, ScopeSample } from "../../core/store-index.ts";
import { analysed } from "../local/analysed.ts";
import { expectedMeans, type MeanLengths } from "../local/bags.ts";
import { type Meaning, meaningInMemory } from "../local/meaning.ts";
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
  const facts = new WeakMap<ScopeSample["records"], Promise<SampleFacts>>();
  const factsOf = ({ records }: ScopeSample, tenant: string) => {
    const known = facts.get(records);
    if (known !== undefined) return known;
    const made = factsIn(options, tenant, records);
    facts.set(records, made);
    made.catch(() => facts.delete(records));
    return made;
  };
  return {
    async view(request) {
      const { scope, signal } = request;
      const sample = await candidates.sample(request, { whole: wholeUpTo, some: SAMPLE });
      const pace = new Pace(signal);
      if (sample.size > wholeUpTo)
        return partlyKnown(options, request, { sample, facts: await factsOf(sample, scope.tenant), pace });
      const selection = await select(options, await analysed(options, scope.tenant, sample.records), pace);
      return viewOf(selection, pace, meaningInMemory(selection));
    },
    close: () => candidates.close(),
  };
}

/** A view of a scope of which no more than a sample is known, before it is asked for candidates. */
function partlyKnown(
  options: InStoreIndexOptions,
  request: RecallViewRequest,
  known: { readonly sample: ScopeSample; readonly facts: SampleFacts; readonly pace: Pace },
): RecallView {
  const { sample, facts, pace } = known;
  let { size } = sample;
  let matching = 0;

  async function candidates(
    query: CandidateQuery,
    { signal }: { signal?: AbortSignal },
  ): Promise<Candidates> {
    if (query.all) {
      const view = await options.everything.view(request);
      size = view.size;
      return view.candidates(query, signal ? { signal } : {});
    }
    const turn = signal ? new Pace(signal) : pace;
    const { vectors, terms, parts, context } = query;
    const byWordsAlone = vectors.length === 0;
    // What a part asks for stands in the whole question too.
    const asked = [...new Set([...terms, ...parts.flat()])];
    const found = await sample.find({
      vectors,
      terms: asked.map((term) => ({ term, expected: size * facts.shareOf(term) })),
      best: BEST_BY_EACH,
      neighbours: context,
      sampled: !byWordsAlone && terms.length > 0,
      counted: byWordsAlone,
    });
    ({ size, matching } = found);
    const records = await analysed(options, request.scope.tenant, found.records);
    const cosines = new Map(found.records.map((record) => [record.id, record.cosines]));
    const frequencies = new Map(
      asked.map((term, at) => {
        const counted = found.frequencies[at] ?? size * facts.shareOf(term);
        return [term, Math.min(size, counted)] as const;
      }),
    );
    const statistics = { size, frequencies, meanLengths: facts.meanLengths };
    const selection = await select(options, records, turn, { statistics, keepsVectors: false });
    const meaning = comparedInStore(selection, (id, vector) => cosines.get(id)?.[vector] ?? 0);
    return viewOf(selection, turn, meaning).candidates(query, signal ? { signal } : {});
  }

  return {
    get size() {
      return size;
    },
    speakers: facts.speakers,
    candidates: (query, given = {}) => candidates(query, given),
    countWith: () => matching,
  };
}

/** All of these records, which may come twice. */
async function select(
  { embedder }: InStoreIndexOptions,
  records: readonly IndexedRecord[],
  pace: Pace,
  {
    statistics = null,
    keepsVectors = true,
  }: { readonly statistics?: ScopeStatistics | null; readonly keepsVectors?: boolean } = {},
): Promise<Selection> {
  const partition = new Partition(embedder, { allUpTo: Number.POSITIVE_INFINITY, keepsVectors });
  const rows = new Map(records.map((record) => [record.id, record]));
  for (const row of rows.values()) {
    partition.put(row);
    if (pace.due) await pace.rest();
  }
  const slots = Uint32Array.from({ length: partition.length }, (_, slot) => slot);
  return new Selection(partition, slots, statistics);
}

/** Cosines that the store has worked out, by the number of the query's vector. All slots are candidates, so none is looked for. */
function comparedInStore(
  { partition }: Selection,
  cosineOf: (id: string, vector: number) => number,
): Meaning {
  return {
    nearest: async () => [],
    cosines: async (slots, queries) => {
      const ids = Array.from(slots, (slot) => partition.traits.at(slot).id);
      return queries.map((_, vector) => Float32Array.from(ids, (id) => cosineOf(id, vector)));
    },
  };
}

/** What some records tell of all. */
interface SampleFacts {
  readonly speakers: ReadonlySet<string>;
  readonly meanLengths: MeanLengths;
  /** The share of the records that have a term. */
  shareOf(term: string): number;
}

const decoder = new TextDecoder();

async function factsIn(
  options: InStoreIndexOptions,
  tenant: string,
  records: readonly IndexedRecord[],
): Promise<SampleFacts> {
  const features = (await analysed(options, tenant, records)).map(
    ({ entry }) => new PackedFeatures(entry.features),
  );
  const speakers = features.flatMap(({ speaker }) => (speaker ? [decoder.decode(speaker)] : []));
  const lengths = features.map(({ count, session }) => ({ own: count, inSession: session !== null }));
  return {
    speakers: new Set(speakers),
    meanLengths: expectedMeans(lengths),
    shareOf: (term) => features.filter((one) => hasTerm(one, term)).length / (features.length || 1),
  };
}

function hasTerm({ view, hashesAt, count }: PackedFeatures, term: string): boolean {
  const hash = new Uint32Array(2);
  hashTerm(term, hash, 0);
  for (let at = hashesAt; at < hashesAt + 8 * count; at += 8)
    if (view.getUint32(at, true) === hash[0] && view.getUint32(at + 4, true) === hash[1]) return true;
  return false;
}
