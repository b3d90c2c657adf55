import type { FilterNode } from "./filter/filter.ts";
import type { MemoryRecord } from "./record.ts";
import type { ResolvedScope } from "./scope.ts";
import type { Instant } from "./time.ts";

/** What recall needs of a record besides the record itself. A store keeps it beside the record, opaque to it. */
export interface IndexEntry {
  /** Id of the embedder that made the vector; vectors of another embedder are never compared with it. */
  readonly embedder: string;
  /** Null while the record waits to be embedded: words find it already. */
  readonly vector: Float32Array | null;
  /** Id of the analyser that made the features: only with its own an index can do anything. */
  readonly analyzer: string;
  /** Words, traits and what filters ask for, packed so that an index needs nothing else of the record. */
  readonly features: Uint8Array;
}

/** One record as an index reads it. */
export interface IndexedRecord {
  /** The store's row number: rises with insertion and is never reused. */
  readonly row: number;
  readonly id: string;
  readonly entry: IndexEntry;
}

/** Makes index entries: embeds and analyses what recall should find a record by. */
export interface Indexer {
  /** Id of the embedder its vectors come from. */
  readonly embedder: string;
  /** Id of the analyser its features come from. */
  readonly analyzer: string;
  /** The features of one record, without embedding it. */
  features(record: Omit<MemoryRecord, "version">): Uint8Array;
  /** One entry per record, in order. */
  entries(
    records: readonly Omit<MemoryRecord, "version">[],
    options?: { readonly signal?: AbortSignal },
  ): Promise<IndexEntry[]>;
}

/** What ranking wants to know of a record beside its vector and its words. An index keeps it for every row. */
export interface RecordTraits {
  readonly id: string;
  /** Who said it. */
  readonly speaker: string | null;
  /** Records of one session stand in each other's context, in the order they were made. Null: it stands alone. */
  readonly session: string | null;
  /** When what it tells of happened, or else when it was made: milliseconds since 1970. */
  readonly time: number;
  /** When it was made: milliseconds since 1970. */
  readonly createdAt: number;
  readonly importance: number;
  /** True when it ends in a question. */
  readonly asks: boolean;
  /** True when its text says when something was. */
  readonly tellsTime: boolean;
  /** True when it says how things are wanted from now on: a standing instruction or a preference. */
  readonly instructs: boolean;
}

/** What a query wants from an index. */
export interface CandidateQuery {
  /** Unit vectors of the index's embedder: cosines with each are given. The first one also chooses candidates. */
  readonly vectors: readonly Float32Array[];
  /** Analysed words, in order. */
  readonly terms: readonly string[];
  /** The terms of each of several questions that the query consists of; none when it is one question. */
  readonly parts: readonly (readonly string[])[];
  /** True: words of neighbouring records of the session count for a record too. */
  readonly context: boolean;
  /** True: every row is a candidate, however many there are. Asked for when a reader pages far down. */
  readonly all: boolean;
}

/** Rows that could be hits, in no order, in columns of one length. */
export interface Candidates {
  readonly rows: readonly RecordTraits[];
  /** For each vector of the query the cosines; 0 for a record that has no vector of this embedder yet. */
  readonly cosines: readonly Float32Array[];
  /** BM25 within the rows the filter leaves, at least 0. */
  readonly words: Float64Array;
  /** The same for each of the query's parts alone. */
  readonly partWords: readonly Float64Array[];
  /** Words of the record itself, neighbours left out: how many there are. */
  readonly lengths: Uint32Array;
  /** What `words` would be at most. */
  readonly mostWords: number;
  /** The query's terms that the row itself has. */
  matched(candidate: number): string[];
  /** BM25 of each row by the words that the given one has and the query has not; of the given one 0. */
  related(candidate: number): Promise<Float64Array>;
}

/** The rows a scope and filter leave, as they were when asked. */
export interface RecallView {
  readonly size: number;
  /** Everybody who speaks in these rows. */
  readonly speakers: ReadonlySet<string>;
  /**
   * All rows when they are few or asked for. Of many the best by meaning and by words with what stands beside them, and a
   * sample of the others; without vectors or without terms, only the best by the other.
   */
  candidates(query: CandidateQuery, options?: { readonly signal?: AbortSignal }): Promise<Candidates>;
  /** How many rows have at least one of the terms. */
  countWith(terms: readonly string[]): number;
}

export interface RecallViewRequest {
  readonly scope: ResolvedScope;
  readonly filter: FilterNode;
  readonly now: Instant;
  readonly signal?: AbortSignal;
}

/** Finds candidates by meaning and by words. Derived from a store, and as new as the store whenever it is asked. */
export interface RecallIndex {
  view(request: RecallViewRequest): Promise<RecallView>;
  close(): Promise<void>;
}
