import type { MemoryRecord } from "./record.ts";

/** What recall needs of a record besides the record itself. A store keeps it beside the record, opaque to it. */
export interface IndexEntry {
  /** Id of the embedder that made the vector; vectors of another embedder are never compared with it. */
  readonly embedder: string;
  /** Null while the record waits to be embedded: words find it already. */
  readonly vector: Float32Array | null;
  /** Analysed words, separated by spaces, in the form of the analyser named by `analyzer`. */
  readonly terms: string;
  readonly analyzer: string;
}

/** One record as an index reads it. */
export interface IndexedRecord {
  /** The store's row number: rises with insertion and is never reused. */
  readonly row: number;
  readonly record: MemoryRecord;
  readonly entry: IndexEntry;
}

/** Makes index entries: embeds and analyses what recall should find a record by. */
export interface Indexer {
  /** Id of the embedder its vectors come from. */
  readonly embedder: string;
  /** Id of the analyser its terms come from. */
  readonly analyzer: string;
  /** One entry per record, in order. */
  entries(
    records: readonly Omit<MemoryRecord, "version">[],
    options?: { readonly signal?: AbortSignal },
  ): Promise<IndexEntry[]>;
}
