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
  /** In the index's space, of length 1 or all zeros, which are near to nothing. The first one chooses; none to look for words alone. */
  readonly vectors: readonly Float32Array[];
  /** Analysed words, each once, and in about how many records each stands; none to look for meaning alone. */
  readonly terms: readonly { readonly term: string; readonly expected: number }[];
  /** So many are wanted by meaning, and as many by words. */
  readonly best: number;
  /** True: with the two records before and the one after each of them in its session. */
  readonly neighbours: boolean;
  /** True: with those of the sample that are still there. */
  readonly sampled: boolean;
  /** True: `matching` is wanted. */
  readonly counted: boolean;
}

export interface CandidateRecord extends IndexedRecord {
  /** Of each vector of the search, 0 where the record has none in the index's space. The entry's own vector may be left out. */
  readonly cosines: readonly number[];
}

export interface CandidateRecords {
  /** How many records the scope has now. */
  readonly size: number;
  /** In no order, each once. All belong to the scope. */
  readonly records: readonly CandidateRecord[];
  /** For each term in about how many records of the scope it stands; null for more than was worth counting. */
  readonly frequencies: readonly (number | null)[];
  /** How many records of the scope have at least one of the terms; 0 when it was not asked for. */
  readonly matching: number;
}

/** A scope as it was when it was looked at, which may be a while ago: what stands here is only ever compared with. */
export interface ScopeSample {
  readonly size: number;
  /**
   * All of its records when they are at most as many as were asked for whole, and then just read; else some from all over. The
   * same list as long as it is the same sample, so that what it tells of the scope need be worked out once.
   */
  readonly records: readonly IndexedRecord[];
  /** Looks at the scope as it is now. */
  find(search: CandidateSearch): Promise<CandidateRecords>;
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
  /** The scope, whole when it has at most `whole` records, else with about `some` of them. */
  sample(
    scope: CandidateScope,
    limits: { readonly whole: number; readonly some: number },
  ): Promise<ScopeSample>;
  close(): Promise<void>;
}
