import type { RecallIndex } from "../../core/recall-index.ts";
import type { VectorIndex } from "../../core/vector-index.ts";
import { createLocalIndex, type LocalIndexOptions } from "../local/local-index.ts";
import { FollowedIndex } from "./followed-index.ts";
import { meaningElsewhere } from "./meaning-elsewhere.ts";
import { StoredVectors } from "./stored-vectors.ts";

/** With so few rows all are candidates anyway: reading their vectors once is quicker than asking an index each time. */
const ASKED_FROM = 500;

export interface FollowingIndexOptions extends Omit<LocalIndexOptions, "embedder" | "elsewhere"> {
  readonly index: VectorIndex;
}

/**
 * Candidates by meaning from a vector index, by words from this process. What is asked about is followed here without its
 * vectors, the index is followed with them, and both are as new as the store when they are asked.
 */
export function createFollowingIndex(options: FollowingIndexOptions): RecallIndex {
  const { store, indexer, index } = options;
  const followed = new FollowedIndex(store, index);
  const stored = new StoredVectors(store, index.space);
  const local = createLocalIndex({
    store,
    indexer,
    embedder: { id: index.space.embedder, dimensions: index.space.dimensions },
    elsewhere: {
      allUpTo: (index.askedFrom ?? ASKED_FROM) - 1,
      meaning: (selection, request) => meaningElsewhere(followed, stored, selection, request),
    },
  });
  return {
    view: (request) => local.view(request),
    async close() {
      await local.close();
      await followed.close();
    },
  };
}
