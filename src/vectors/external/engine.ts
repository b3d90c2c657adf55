import type { VectorHit } from "../../core/vector-index.ts";

/** What stands beside a vector in an engine, as text. A label that is not there has no value. */
export const LABELS = [
  "tenant",
  "id",
  "type",
  "namespace",
  "userId",
  "agentId",
  "sessionId",
  "position",
] as const;
export type LabelName = (typeof LABELS)[number];
export type Labels = { readonly [Name in LabelName]?: string };

export interface Point {
  /** A UUID. */
  readonly key: string;
  readonly vector: Float32Array;
  readonly labels: Labels;
}

export interface EngineQuery {
  readonly vector: Float32Array;
  /** Each of these labels must be exactly this, the tenant among them. */
  readonly equals: readonly (readonly [LabelName, string])[];
  /** The type must be one of these; null for any. */
  readonly types: readonly string[] | null;
  readonly limit: number;
  readonly signal?: AbortSignal;
}

/**
 * One collection of an engine, in the engine's own terms: all that differs between vector databases. Errors are whatever its
 * client throws.
 */
export interface Engine {
  /** Adds or replaces by key; resolves when searches see it. */
  put(tenant: string, points: readonly Point[]): Promise<void>;
  /** Removes by key; keys that are not there are skipped. */
  delete(tenant: string, keys: readonly string[]): Promise<void>;
  /** Ids and cosines of the nearest, in any order. */
  search(tenant: string, query: EngineQuery): Promise<VectorHit[]>;
  /** The label `position` of one point. */
  position(tenant: string, key: string): Promise<string | null>;
  /** Removes every point with the tenant's label. */
  clear(tenant: string): Promise<void>;
  close(): Promise<void>;
}

/** How an engine is to be used. */
export interface EngineTraits {
  readonly name: string;
  /** Most hits one search gives. */
  readonly most: number;
  /** Most points in one call. */
  readonly points: number;
  /** Most bytes of JSON in one call. */
  readonly bytes: number;
}
