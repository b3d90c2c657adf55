import type { Embedder } from "../core/embedder.ts";
import { packFeatures } from "../core/features.ts";
import { nextTurn } from "../core/next-turn.ts";
import type { IndexEntry, Indexer } from "../core/recall-index.ts";
import type { MemoryRecord } from "../core/record.ts";
import { ANALYZER, analyze } from "./analyze.ts";
import { dateInWords } from "./dates.ts";
import { traitsOf } from "./traits.ts";

/** How long analysing may hold the event loop, in milliseconds: a long text takes some, and so does anything the first time. */
const TURN = 5;

/**
 * Makes index entries: the vector of the bare text, and its words with the date of what it tells. Speaker and date stay out
 * of the vector, because ranking knows them by themselves; measured, that finds more.
 */
export function createIndexer(embedder: Embedder): Indexer {
  return {
    embedder: embedder.id,
    analyzer: ANALYZER,
    features: featuresOf,
    async entries(records, options) {
      let since = performance.now();
      const texts = records.map((record) => record.text);
      const vectors = texts.length === 0 ? [] : await embedder.embed(texts, options);
      const entries: IndexEntry[] = [];
      for (const [index, record] of records.entries()) {
        if (performance.now() - since >= TURN) {
          await nextTurn();
          options?.signal?.throwIfAborted();
          since = performance.now();
        }
        entries.push({
          embedder: embedder.id,
          vector: vectors[index] ?? null,
          analyzer: ANALYZER,
          features: featuresOf(record),
        });
      }
      return entries;
    },
  };
}

function featuresOf(record: Omit<MemoryRecord, "version">): Uint8Array {
  const traits = traitsOf(record);
  const terms = [...analyze(record.text), ...analyze(dateInWords(traits.time))];
  return packFeatures({ terms, traits, group: record });
}
