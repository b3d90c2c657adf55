import type { Embedder } from "../core/embedder.ts";
import type { Indexer } from "../core/recall-index.ts";
import { ANALYZER, analyze } from "./analyze.ts";
import { dateInWords } from "./dates.ts";
import { traitsOf } from "./traits.ts";

/**
 * Makes index entries: the vector of the bare text, and its words with the date of what it tells. Speaker and date stay out
 * of the vector, because ranking knows them by themselves; measured, that finds more.
 */
export function createIndexer(embedder: Embedder): Indexer {
  return {
    embedder: embedder.id,
    analyzer: ANALYZER,
    async entries(records, options) {
      const texts = records.map((record) => record.text);
      const vectors = texts.length === 0 ? [] : await embedder.embed(texts, options);
      return records.map((record, index) => ({
        embedder: embedder.id,
        vector: vectors[index] ?? null,
        terms: [...analyze(record.text), ...analyze(dateInWords(traitsOf(record).time))].join(" "),
        analyzer: ANALYZER,
      }));
    },
  };
}
