import { ValidationError } from "./errors.ts";
import { compareCodePoints } from "./filter/evaluate.ts";
import type { FilterNode } from "./filter/filter.ts";
import type { MemoryRecord } from "./record.ts";
import type { ResolvedScope } from "./scope.ts";
import type { Instant } from "./time.ts";

/** Vectors that can be compared: those of one embedder. An index holds one space and never mixes it with another. */
export interface VectorSpace {
  /** Id of the embedder. */
  readonly embedder: string;
  /** Length of every vector. */
  readonly dimensions: number;
}

/** What of a record stands beside its vector. Neither its text nor its metadata: an index learns no more than it needs. */
export type VectorLabels = Pick<
  MemoryRecord,
  "id" | "type" | "namespace" | "userId" | "agentId" | "sessionId"
>;

/** A record's vector, as an index takes it. */
export interface VectorItem extends VectorLabels {
  /** Of length 1 in the index's space. */
  readonly vector: Float32Array;
}

/** What is looked for in an index. */
export interface VectorQuery {
  /** Of length 1 in the index's space. */
  readonly vector: Float32Array;
  /** Applied before the best are chosen: every hit has exactly the labels that are set, and a full answer is full. */
  readonly scope: Omit<ResolvedScope, "tenant">;
  /**
   * What the caller will leave out anyhow, and `now` for what has expired by then. An index may apply as much of it as it
   * can, also before choosing; it must not leave out anything that the filter leaves in. The scope is part of the filter.
   */
  readonly filter: FilterNode;
  readonly now: Instant;
  /** 1 to the index's `most`. */
  readonly limit: number;
  readonly signal?: AbortSignal;
}

/** A vector that was found. */
export interface VectorHit {
  readonly id: string;
  /** Cosine similarity, as exact as the index keeps vectors. */
  readonly cosine: number;
}

/** How far an index has followed the change feed of a tenant. */
export interface VectorPosition {
  /** Every change up to this one is in the index. */
  readonly sequence: number;
  /** While it is filled for the first time: the last row number that was taken in. Null once it is filled. */
  readonly afterRow: number | null;
}

/**
 * Finds the nearest vectors of a scope, in an engine made for it. State derived from a store: whoever follows the change
 * feed writes it, and it can be emptied and filled again at any time. Tenants are strangers to one another.
 *
 * Every method throws `VectorIndexError`: `vectors_unavailable`, which may be tried again, when the engine cannot be reached,
 * is overloaded or took too long, `vectors_failed` when it refused. Vectors of another length are a `ValidationError`.
 */
export interface VectorIndex {
  /** Names the engine, for example `qdrant`. */
  readonly name: string;
  readonly space: VectorSpace;
  /** Most hits one search gives. */
  readonly most: number;
  /** Scopes of fewer records are compared by the vectors in the store, without asking the index. Default 500. */
  readonly askedFrom?: number;

  /** Adds or replaces, all of it visible to searches that begin after it, unless the engine's page of the docs says otherwise. */
  upsert(tenant: string, items: readonly VectorItem[]): Promise<void>;

  /** Removes; ids that are not there are skipped. */
  remove(tenant: string, ids: readonly string[]): Promise<void>;

  /**
   * The nearest vectors of the scope, in `hitOrder`. An approximate engine may miss some of the nearest, but gives fewer than
   * `limit` only when there are no more.
   */
  search(tenant: string, query: VectorQuery): Promise<VectorHit[]>;

  /** Null before a position was set, and after `clear`. */
  position(tenant: string): Promise<VectorPosition | null>;
  setPosition(tenant: string, position: VectorPosition): Promise<void>;

  /** Removes everything of the tenant in this space. */
  clear(tenant: string): Promise<void>;

  close(): Promise<void>;
}

/** Best first, ties by rising id. */
export function hitOrder(left: VectorHit, right: VectorHit): number {
  return right.cosine - left.cosine || compareCodePoints(left.id, right.id);
}

/** @throws ValidationError when a vector does not belong to the space by its length */
export function checkVector(vector: Float32Array, space: VectorSpace): void {
  if (vector.length !== space.dimensions)
    throw ValidationError.of(
      "vector",
      `has ${vector.length} dimensions, but ${space.embedder} has ${space.dimensions}`,
    );
}
