import { hashTerm, PackedFeatures } from "../../src/core/features.ts";
import type { IndexedRecord } from "../../src/core/recall-index.ts";
import type { RecordStore, Store } from "../../src/core/store.ts";
import type {
  CandidateIndex,
  CandidateRecords,
  CandidateScope,
  CandidateSearch,
  StoreIndex,
} from "../../src/core/store-index.ts";
import { dot } from "../../src/core/vector.ts";
import type { VectorSpace } from "../../src/core/vector-index.ts";

/** A store that finds by itself, as plainly as possible: it reads everything for every question. */
export function findingStore(store: Store, wholeUpTo?: number): Store {
  const openIndex = async (space: VectorSpace): Promise<StoreIndex> => ({
    finds: "candidates",
    candidates: plainCandidates(store, space, wholeUpTo),
  });
  return { ...store, openIndex };
}

function plainCandidates(store: RecordStore, space: VectorSpace, wholeUpTo?: number): CandidateIndex {
  return {
    ...(wholeUpTo !== undefined && { wholeUpTo }),
    async sample(scope, { whole, some }) {
      const records = await recordsOf(store, scope);
      const step = records.length <= whole ? 1 : Math.max(1, Math.floor(records.length / some));
      const sample = records.filter((_, at) => at % step === 0);
      const find = (search: CandidateSearch) => foundIn(store, scope, { ...search, sample, space });
      return { size: records.length, records: sample, find };
    },
    async close() {},
  };
}

async function foundIn(
  store: RecordStore,
  scope: CandidateScope,
  {
    vectors,
    terms,
    best,
    neighbours,
    counted,
    sampled,
    sample,
    space,
  }: CandidateSearch & { readonly sample: readonly IndexedRecord[]; readonly space: VectorSpace },
): Promise<CandidateRecords> {
  const records = await recordsOf(store, scope);
  const [vector] = vectors;
  const having = terms.map(({ term }) => records.filter((record) => hashesOf(record).has(hashOf(term))));
  const weights = having.map(({ length }) => Math.log(1 + records.length / (length + 1)));
  const top = (scoreOf: (record: IndexedRecord) => number) =>
    records
      .map((record) => ({ record, score: scoreOf(record) }))
      .filter(({ score }) => score > 0)
      .sort((left, right) => right.score - left.score)
      .slice(0, best)
      .map(({ record }) => record);
  const byMeaning = vector ? top((record) => cosine(record, vector, space)) : [];
  const byWords = top((record) =>
    having.reduce((sum, list, at) => sum + (list.includes(record) ? (weights[at] ?? 0) : 0), 0),
  );
  const chosen = new Set([...byMeaning, ...byWords]);
  if (neighbours)
    for (const record of [...chosen]) for (const one of beside(record, records)) chosen.add(one);
  if (sampled) {
    const rows = new Set(sample.map(({ row }) => row));
    for (const record of records) if (rows.has(record.row)) chosen.add(record);
  }
  return {
    size: records.length,
    records: [...chosen].map((record) => ({
      ...record,
      cosines: vectors.map((one) => cosine(record, one, space)),
    })),
    frequencies: having.map(({ length }) => length),
    matching: counted ? new Set(having.flat()).size : 0,
  };
}

async function recordsOf(store: RecordStore, { scope, filter, now }: CandidateScope) {
  const rows = new Set(await store.rows(scope.tenant, filter, now));
  const all = await store.indexed(scope.tenant, { afterRow: 0, limit: 1_000_000 });
  return all.filter(({ row }) => rows.has(row));
}

function hashOf(term: string): string {
  const hash = new Uint32Array(2);
  hashTerm(term, hash, 0);
  return hash.join();
}

function hashesOf({ entry }: IndexedRecord): Set<string> {
  const { view, hashesAt, count } = new PackedFeatures(entry.features);
  const at = (index: number) => view.getUint32(hashesAt + 4 * index, true);
  return new Set(Array.from({ length: count }, (_, index) => `${at(2 * index)},${at(2 * index + 1)}`));
}

function cosine({ entry }: IndexedRecord, vector: Float32Array, space: VectorSpace): number {
  return entry.vector && entry.embedder === space.embedder ? dot(entry.vector, vector) : 0;
}

/** The two before it in its session, and the one after it. */
function beside(record: IndexedRecord, records: readonly IndexedRecord[]): IndexedRecord[] {
  const decoder = new TextDecoder();
  const features = (one: IndexedRecord) => new PackedFeatures(one.entry.features);
  const sessionOf = (one: IndexedRecord) => decoder.decode(features(one).session ?? new Uint8Array());
  const session = sessionOf(record);
  if (session === "") return [];
  const turns = records
    .filter((one) => sessionOf(one) === session)
    .sort((left, right) => features(left).createdAt - features(right).createdAt || left.row - right.row);
  const place = turns.indexOf(record);
  return turns.slice(Math.max(0, place - 2), place + 2);
}
