import type { FilterNode } from "./filter/filter.ts";
import type { MemoryRecord } from "./record.ts";
import type { ResolvedScope } from "./scope.ts";
import type { Instant } from "./time.ts";

/** By meaning · by words · by both and everything else known about the records (the default). */
export type RecallMode = "semantic" | "keyword" | "hybrid";
export const RECALL_MODES: readonly RecallMode[] = ["semantic", "keyword", "hybrid"];

/**
 * How much newer and more used records are preferred, by the formula of the wire contract: a mix of similarity and of
 * `freshness` (half-life since the last access) and `novelty` (half-life since creation).
 */
export interface RecencyOptions {
  /** Weight of the similarity. Default 0.8. */
  readonly semanticWeight?: number;
  /** Weight of recency as a whole. Default 0.2. */
  readonly recencyWeight?: number;
  /** Weight of freshness inside recency. Default 0.6. */
  readonly freshnessWeight?: number;
  /** Weight of novelty inside recency. Default 0.4. */
  readonly noveltyWeight?: number;
  /** Days. Default 7. */
  readonly halfLifeLastAccessDays?: number;
  /** Days. Default 30. */
  readonly halfLifeCreatedDays?: number;
}

/** What one recall is asked for. */
export interface RecallRequest {
  /** Restricts like a filter, and tells an index which part of it is enough. */
  readonly scope: ResolvedScope;
  /** What else must hold of a record, validity included. Applied before anything is ranked or cut. */
  readonly filter: FilterNode;
  /** Records that have expired by then are left out; ages are counted from it. */
  readonly now: Instant;
  readonly text: string;
  readonly mode: RecallMode;
  readonly limit: number;
  readonly offset: number;
  /** Weight of meaning against words in hybrid mode, 0 to 1. Left out: as ranking finds best. */
  readonly hybridAlpha?: number;
  /** Null for no preference of recent records. */
  readonly recency: Required<RecencyOptions> | null;
  /** Leaves out hits below this score. */
  readonly minScore?: number;
  /** Semantic mode: leaves out hits farther than this cosine distance. */
  readonly maxDistance?: number;
  readonly explain: boolean;
  readonly signal?: AbortSignal;
}

/** What each part gave to a hit's score. */
export interface Explanation {
  /** Cosine of query and record; null when meaning was not asked. */
  readonly similarity: number | null;
  /** BM25 of the query's words in the record; null when words were not asked. */
  readonly words: number | null;
  /** Named contributions to the score, in the order they were applied. */
  readonly parts: Readonly<Record<string, number>>;
  /** The query's words that the record has. */
  readonly matched: readonly string[];
}

export interface RecallHit {
  readonly id: string;
  /** In [0, 1], never rising along the list unless recency reordered it. */
  readonly score: number;
  /** Cosine distance in [0, 2]; null in keyword mode. */
  readonly distance: number | null;
  readonly explanation?: Explanation;
  /** The record itself, where it was read for its place. */
  readonly record?: MemoryRecord;
}

export interface RecallAnswer {
  readonly hits: readonly RecallHit[];
  /** How many records could be hits whatever the limit: all the filter leaves, or in keyword mode those with a word. */
  readonly total: number;
  /** In [0, 1]: how sure recall is that something relevant is stored at all. */
  readonly confidence: number;
}

/** Finds records for a query: candidates by meaning and words, fused, ranked and cut. */
export interface Recall {
  search(request: RecallRequest): Promise<RecallAnswer>;
  close(): Promise<void>;
}
