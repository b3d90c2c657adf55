import type { Embedder } from "./core/embedder.ts";
import type { Recall } from "./core/recall.ts";
import type { Indexer, RecallIndex } from "./core/recall-index.ts";
import type { MemoryRecord } from "./core/record.ts";
import type { Reranker } from "./core/reranker.ts";
import type { RecordStore } from "./core/store.ts";
import { createIndexer } from "./recall/indexer.ts";
import { createRecall } from "./recall/recall.ts";
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
  /** Made with the indexer, and closed with the recall. Default: an index in this process. */
  readonly index?: RecallIndex;
  /** Default: one over the embedder. */
  readonly indexer?: Indexer;
  /** Looks at the best hits of a hybrid search again. */
  readonly reranker?: Reranker;
}

/** Recall in this process: what the index finds, in memory unless another one is given, is ranked here. */
export function createLocalRecall({
  store,
  embedder,
  questions = embedder,
  indexer = createIndexer(embedder),
  index = createLocalIndex({ store, embedder, indexer }),
  reranker,
}: LocalRecallOptions): LocalRecall {
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
