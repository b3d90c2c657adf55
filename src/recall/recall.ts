import type { Embedder } from "../core/embedder.ts";
import type { Recall, RecallHit, RecallRequest } from "../core/recall.ts";
import type { RecallIndex } from "../core/recall-index.ts";
import type { Reranker } from "../core/reranker.ts";
import type { RecordStore } from "../core/store.ts";
import { isForeign } from "./fuse.ts";
import { MODES } from "./modes.ts";
import { pageOf } from "./pages.ts";
import { recencyRank } from "./recency.ts";

export interface RecallParts {
  readonly index: RecallIndex;
  /** The embedder of the index's vectors. */
  readonly embedder: Embedder;
  /** For what an index does not follow: texts, and the times of the last accesses. */
  readonly records: Pick<RecordStore, "read">;
  /** Looks at the best hits of a hybrid search again. */
  readonly reranker?: Reranker;
}

/** Recall on an index: candidates by meaning and words, fused, ranked, cut and explained. */
export function createRecall({ index, embedder, records, reranker }: RecallParts): Recall {
  const judge = reranker ? ask.bind(null, reranker) : null;
  return {
    async search(request) {
      const { scope, filter, now, signal } = request;
      const view = await index.view({ scope, filter, now, ...(signal && { signal }) });
      if (view.size === 0) return { hits: [], total: 0, confidence: 0 };
      const { query, read } = await MODES[request.mode](request, view, { embedder, judge });
      const find = async (all: boolean) =>
        read(await view.candidates({ ...query, all }, signal ? { signal } : {}));
      const found = await find(false);
      const { hits, total } = await pageOf(request, found, () => find(true));
      return {
        hits: request.recency === null ? hits : await reorder(request, hits),
        total,
        confidence: found.confidence,
      };
    },
    close: () => index.close(),
  };

  /** What the reranker says of the records. */
  async function ask(
    judge: Reranker,
    question: string,
    ids: readonly string[],
    { scope, now, signal }: RecallRequest,
  ): Promise<readonly (number | null)[]> {
    if (isForeign(question, judge.languages)) return ids.map(() => null);
    const found = await records.read(scope.tenant, ids, { now });
    const texts = found.map((record) => record?.text ?? "");
    return judge.rerank(question, texts, signal ? { signal } : {});
  }

  /** Only the page is reordered, and scores stay: what recency prefers never pushes a match off the page. */
  async function reorder(request: RecallRequest, hits: readonly RecallHit[]): Promise<RecallHit[]> {
    const { scope, now, recency, mode } = request;
    const ids = hits.map(({ id }) => id);
    const found = await records.read(scope.tenant, ids, { now });
    const ranked = hits.map((hit, index) => {
      const record = found[index];
      const similarity = mode === "semantic" ? 1 - (hit.distance ?? 1) : hit.score;
      return {
        hit: record ? { ...hit, record } : hit,
        rank: record && recency ? recencyRank(similarity, record, now, recency) : 0,
      };
    });
    return ranked.sort((left, right) => right.rank - left.rank).map(({ hit }) => hit);
  }
}
