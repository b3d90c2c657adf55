import type { Embedder } from "../../core/embedder.ts";
import type { IndexedRecord, RecallIndex } from "../../core/recall-index.ts";
import { meaningInMemory } from "./meaning.ts";
import { Pace } from "./pace.ts";
import { Partition } from "./partition.ts";
import { Selection } from "./selection.ts";
import { viewOf } from "./view.ts";

/** An index over rows that are given once and all belong to every view, whatever its scope and filter. */
export async function createFixedIndex(
  embedder: Pick<Embedder, "id" | "dimensions">,
  rows: Iterable<IndexedRecord>,
): Promise<RecallIndex> {
  const partition = new Partition(embedder);
  const pace = new Pace();
  for (const row of rows) {
    partition.put(row);
    if (pace.due) await pace.rest();
  }
  const all = Uint32Array.from({ length: partition.length }, (_, slot) => slot);
  const selection = new Selection(partition, all);
  const meaning = meaningInMemory(selection);
  return {
    view: async ({ signal }) => viewOf(selection, new Pace(signal), meaning),
    async close() {},
  };
}
