import type { Embedder } from "./core/embedder.ts";
import type { Recall } from "./core/recall.ts";
import type { Indexer } from "./core/recall-index.ts";
import type { MemoryRecord } from "./core/record.ts";
import type { Reranker } from "./core/reranker.ts";
import type { RecordStore } from "./core/store.ts";
import type { VectorIndex } from "./core/vector-index.ts";
import { createIndexer } from "./recall/indexer.ts";
import { createRecall } from "./recall/recall.ts";
import { createFollowingIndex } from "./vectors/following/following-index.ts";
import { createFixedIndex } from "./vectors/local/fixed-index.ts";
import { createLocalIndex } from "./vectors/local/local-index.ts";

export interface LocalRecall {
  readonly indexer: Indexer;
  /** Over the store, as new as it is. */
  readonly recall: Recall;
  /** Over the given records alone, whatever scope and filter say: for an earlier state. */
  readonly recallOver: (tenant: string, records: readonly MemoryRecord[]) => Promise<Recall>;
}

export interface LocalRecallOptions {
  readonly store: RecordStore;
  readonly embedder: Embedder;
  /** Embeds questions, in the same space. Default: the embedder. */
  readonly questions?: Embedder;
  /** Finds by meaning instead of an index in this process; closed with the recall. */
  readonly vectors?: VectorIndex;
  /** Looks at the best hits of a hybrid search again. */
  readonly reranker?: Reranker;
}

/** Recall in this process: the store's records are indexed in memory, and ranked here. */
export function createLocalRecall({
  store,
  embedder,
  questions = embedder,
  vectors,
  reranker,
}: LocalRecallOptions): LocalRecall {
  const indexer = createIndexer(embedder);
  const index = vectors
    ? createFollowingIndex({ store, indexer, index: vectors })
    : createLocalIndex({ store, embedder, indexer });
  return {
    indexer,
    recall: createRecall({ index, embedder: questions, records: store, ...(reranker && { reranker }) }),
    async recallOver(_tenant, records) {
      const entries = await indexer.entries(records);
      const rows = entries.map((entry, at) => ({ row: at + 1, id: records[at]?.id ?? "", entry }));
      const byId = new Map(records.map((record) => [record.id, record]));
      return createRecall({
        index: await createFixedIndex(embedder, rows),
        embedder: questions,
        ...(reranker && { reranker }),
        records: { read: async (_, ids) => ids.map((id) => byId.get(id) ?? null) },
      });
    },
  };
}
