import type { FilterNode } from "./filter/filter.ts";
import type { IndexedRecord } from "./recall-index.ts";
import type { ResolvedScope } from "./scope.ts";
import type { Instant } from "./time.ts";
import type { VectorIndex } from "./vector-index.ts";

/** What the engine of a store finds by itself: the nearest vectors, or everything that could be a hit. */
export type StoreIndex =
  | { readonly finds: "meaning"; readonly vectors: VectorIndex }
  | { readonly finds: "candidates"; readonly candidates: CandidateIndex };

/** The records that could be looked for. */
export interface CandidateScope {
  readonly scope: ResolvedScope;
  /** Applied before anything is chosen; the scope is part of it. */
  readonly filter: FilterNode;
  /** Records that have expired by then are left out. */
  readonly now: Instant;
  readonly signal?: AbortSignal;
}

/** What is looked for, and how much of it. */
export interface CandidateSearch {
  /** Of length 1 in the index's space; null to look for words alone. */
  readonly vector: Float32Array | null;
  /** Analysed words, each once; none to look for meaning alone. */
  readonly terms: readonly string[];
  /** How many records the scope has, as `sample` gave it. */
  readonly size: number;
  /** So many are wanted by meaning, and as many by words. */
  readonly best: number;
  /** True: with the two records before and the one after each of them in its session. */
  readonly neighbours: boolean;
  /** True: `matching` is wanted. */
  readonly counted: boolean;
}

export interface CandidateRecords {
  /** In no order, each once. All belong to the scope. */
  readonly records: readonly IndexedRecord[];
  /** For each term in about how many records of the scope it stands; null for more than was worth counting. */
  readonly frequencies: readonly (number | null)[];
  /** How many records of the scope have at least one of the terms; 0 when it was not asked for. */
  readonly matching: number;
}

/**
 * Finds candidates of a scope inside a store, so that no process need hold the scope: whoever ranks them sees nothing else of
 * it. As new as the store whenever it is asked.
 */
export interface CandidateIndex {
  /** Scopes of up to so many records are asked for whole. Default 500. */
  readonly wholeUpTo?: number;
  /**
   * Whether a search of this tenant is answered without a wait. When not, what it has is being taken in from now on, and a
   * search waits for that. Left out: always.
   */
  prepared?(tenant: string): Promise<boolean>;
  /** How many records the scope has, with all of them when they are at most `whole`, else about `some` from all over. */
  sample(
    scope: CandidateScope,
    limits: { readonly whole: number; readonly some: number },
  ): Promise<{ readonly size: number; readonly records: readonly IndexedRecord[] }>;
  find(scope: CandidateScope, search: CandidateSearch): Promise<CandidateRecords>;
  close(): Promise<void>;
}
