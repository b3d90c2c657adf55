import type { RecordTraits } from "../../core/recall-index.ts";
import type { RecordStore } from "../../core/store.ts";
import { dot } from "../../core/vector.ts";
import type { VectorSpace } from "../../core/vector-index.ts";
import type { Pace } from "../local/pace.ts";

const PAGE = 400;

/** Memory for vectors that were read before: those of a conversation are asked for again and again. */
const REMEMBERED_BYTES = 64 * 1024 * 1024;

/**
 * Exact cosines by the vectors that the store keeps, which no index has rounded. What was read is remembered by the traits of
 * the record as it was: a change gives it new ones.
 */
export class StoredVectors {
  readonly #store: RecordStore;
  readonly #space: VectorSpace;
  readonly #most: number;
  /** By use, the one unused for longest first. Null: the record has no vector of this space. */
  readonly #remembered = new Map<RecordTraits, Float32Array | null>();

  constructor(store: RecordStore, space: VectorSpace) {
    this.#store = store;
    this.#space = space;
    this.#most = Math.ceil(REMEMBERED_BYTES / (4 * space.dimensions));
  }

  /** For each query the cosines of the records; 0 without a vector. */
  async cosines(
    tenant: string,
    records: readonly RecordTraits[],
    queries: readonly Float32Array[],
    pace: Pace,
  ): Promise<Float32Array[]> {
    const columns = queries.map(() => new Float32Array(records.length));
    for (let from = 0; from < records.length; from += PAGE) {
      const some = records.slice(from, from + PAGE);
      const vectors = await this.#read(tenant, some);
      vectors.forEach((vector, at) => {
        if (vector === null) return;
        queries.forEach((query, number) => {
          const column = columns[number];
          if (column) column[from + at] = dot(vector, query);
        });
      });
      if (pace.due) await pace.rest();
    }
    return columns;
  }

  async #read(tenant: string, records: readonly RecordTraits[]): Promise<(Float32Array | null)[]> {
    const unknown = records.filter((traits) => !this.#remembered.has(traits)).map(({ id }) => id);
    const items = unknown.length === 0 ? [] : await this.#store.indexedById(tenant, unknown);
    const read = new Map(items.map(({ id, entry }) => [id, entry]));
    const vectors = records.map((traits) => {
      const known = this.#remembered.get(traits);
      if (known !== undefined) {
        this.#remembered.delete(traits);
        this.#remembered.set(traits, known);
        return known;
      }
      const entry = read.get(traits.id);
      const { embedder, dimensions } = this.#space;
      const fits = entry?.embedder === embedder && entry.vector?.length === dimensions;
      const vector = fits ? (entry?.vector ?? null) : null;
      this.#remembered.set(traits, vector);
      return vector;
    });
    for (const traits of this.#remembered.keys()) {
      if (this.#remembered.size <= this.#most) break;
      this.#remembered.delete(traits);
    }
    return vectors;
  }
}
