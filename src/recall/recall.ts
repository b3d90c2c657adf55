import type { Embedder } from "../core/embedder.ts";
import { compareCodePoints } from "../core/filter/evaluate.ts";
import type { Recall, RecallAnswer, RecallHit, RecallRequest } from "../core/recall.ts";
import type { RecallIndex, RecallView } from "../core/recall-index.ts";
import type { RecordStore } from "../core/store.ts";
import { type Found, findByMeaning, findByWords, findHybrid } from "./modes.ts";
import { recencyRank } from "./recency.ts";

export interface RecallParts {
  readonly index: RecallIndex;
  /** The embedder of the index's vectors. */
  readonly embedder: Embedder;
  /** For the times of the last accesses, which an index does not follow. */
  readonly records: Pick<RecordStore, "read">;
}

/** Recall on an index: candidates by meaning and words, fused, ranked, cut and explained. */
export function createRecall({ index, embedder, records }: RecallParts): Recall {
  return {
    async search(request) {
      const { scope, filter, now, signal } = request;
      const view = await index.view({ scope, filter, now, ...(signal && { signal }) });
      if (view.size === 0) return { hits: [], total: 0, confidence: 0 };
      const answer = page(request, await find(request, view, embedder));
      return request.recency === null ? answer : { ...answer, hits: await reorder(request, answer.hits) };
    },
    close: () => index.close(),
  };

  /** Only the page is reordered, and scores stay: what recency prefers never pushes a match off the page. */
  async function reorder(request: RecallRequest, hits: readonly RecallHit[]): Promise<RecallHit[]> {
    const { scope, now, recency, mode } = request;
    const ids = hits.map(({ id }) => id);
    const found = await records.read(scope.tenant, ids, { now });
    const ranked = hits.map((hit, index) => {
      const record = found[index];
      const similarity = mode === "semantic" ? 1 - (hit.distance ?? 1) : hit.score;
      return { hit, rank: record && recency ? recencyRank(similarity, record, now, recency) : 0 };
    });
    return ranked.sort((left, right) => right.rank - left.rank).map(({ hit }) => hit);
  }
}

function find(request: RecallRequest, view: RecallView, embedder: Embedder): Promise<Found> {
  switch (request.mode) {
    case "semantic":
      return findByMeaning(request, view, embedder);
    case "keyword":
      return findByWords(request, view);
    case "hybrid":
      return findHybrid(request, view, embedder);
  }
}

function page(request: RecallRequest, found: Found): RecallAnswer {
  const { offset, limit, minScore = 0, maxDistance = Number.POSITIVE_INFINITY } = request;
  const { scores, ids, distances, confidence } = found;
  const kept: number[] = [];
  for (let index = 0; index < scores.length; index++) {
    if ((scores[index] ?? 0) >= minScore && (distances?.[index] ?? 0) <= maxDistance) kept.push(index);
  }
  const best = firstOf(kept, offset + limit, found.order ?? scores, ids);
  const hits = best.slice(offset).map((index): RecallHit => {
    const distance = distances?.[index] ?? null;
    const hit = { id: ids[index] ?? "", score: scores[index] ?? 0, distance };
    return request.explain ? { ...hit, explanation: found.explain(index) } : hit;
  });
  const cut = kept.length < scores.length;
  return { hits, total: cut ? kept.length : found.total, confidence };
}

/** The first `count` of the indexes: by falling value, ties by id. */
function firstOf(
  indexes: readonly number[],
  count: number,
  values: Float64Array | Float32Array,
  ids: readonly string[],
): number[] {
  const of = (index: number) => values[index] ?? 0;
  // Sorting numbers alone is far faster than sorting by a comparison, so only what can be among the first is compared.
  const lowest = Float64Array.from(indexes, of).sort()[indexes.length - count] ?? Number.NEGATIVE_INFINITY;
  return indexes
    .filter((index) => of(index) >= lowest)
    .sort((left, right) => of(right) - of(left) || compareCodePoints(ids[left] ?? "", ids[right] ?? ""))
    .slice(0, count);
}
