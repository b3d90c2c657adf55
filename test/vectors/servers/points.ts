import { dot, normalize } from "../../../src/core/vector.ts";

export interface StoredPoint {
  readonly key: string;
  readonly vector: Float32Array;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** The points of a collection, every one of them compared: what the servers of these tests find by. */
export class Points {
  readonly #points = new Map<string, StoredPoint>();
  readonly dimensions: number;

  constructor(dimensions: number) {
    this.dimensions = dimensions;
  }

  /** @throws Error when a vector has another length */
  put(points: readonly { key: string; vector: readonly number[]; payload: Record<string, unknown> }[]): void {
    for (const { vector } of points)
      if (vector.length !== this.dimensions)
        throw new Error(`a vector has ${vector.length} dimensions instead of ${this.dimensions}`);
    for (const { key, vector, payload } of points)
      this.#points.set(key, { key, vector: normalize(Float32Array.from(vector)), payload });
  }

  get(key: string): StoredPoint | undefined {
    return this.#points.get(key);
  }

  delete(which: (point: StoredPoint) => boolean): void {
    for (const point of [...this.#points.values()]) if (which(point)) this.#points.delete(point.key);
  }

  all(which: (point: StoredPoint) => boolean): StoredPoint[] {
    return [...this.#points.values()].filter(which);
  }

  nearest(vector: readonly number[], limit: number, which: (point: StoredPoint) => boolean) {
    if (vector.length !== this.dimensions)
      throw new Error(`the vector has ${vector.length} dimensions instead of ${this.dimensions}`);
    const query = normalize(Float32Array.from(vector));
    return [...this.#points.values()]
      .filter(which)
      .map((point) => ({ ...point, score: dot(point.vector, query) }))
      .sort((left, right) => right.score - left.score)
      .slice(0, limit);
  }
}
