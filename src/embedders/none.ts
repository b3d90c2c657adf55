import type { Embedder } from "../core/embedder.ts";

/** No embedder: texts get no meaning, and recall goes by their words, dates and speakers alone. */
export function createNoEmbedder(): Embedder {
  return {
    id: "none",
    dimensions: 1,
    local: true,
    wordsOnly: true,
    async embed(texts, { signal } = {}) {
      signal?.throwIfAborted();
      return texts.map(() => new Float32Array(1));
    },
  };
}
