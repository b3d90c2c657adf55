import { Float32Matrix, QuantizedMatrix, type RowSelection } from "../kernel/matrix.ts";
import type { Pace } from "./pace.ts";

/** So many times the wanted rows are rescored exactly: on a million vectors none of the best was missed. */
const RESCORED = 4;

/**
 * The vectors of a partition, by number: in int8 to find the nearest among many, and in float32 for every cosine that is
 * given out. Numbers rise from 0 and are not used again.
 */
export class VectorColumn {
  readonly #exact: Float32Matrix;
  readonly #quantized: QuantizedMatrix;

  constructor(dimensions: number) {
    this.#exact = new Float32Matrix(dimensions);
    this.#quantized = new QuantizedMatrix(dimensions);
  }

  append(vector: Float32Array): number {
    this.#quantized.append(vector);
    return this.#exact.append(vector);
  }

  /** Forgets a vector; its number scores 0 from then on. */
  clear(number: number): void {
    const zeros = new Float32Array(this.#exact.dimensions);
    this.#quantized.set(number, zeros);
    this.#exact.set(number, zeros);
  }

  /** Exact cosines of the given vectors with `query`, in their order. */
  cosines(query: Float32Array, numbers: Uint32Array): Float32Array {
    return this.#exact.scores(query, numbers);
  }

  /** The numbers of the `count` nearest of the given vectors, rising. */
  async nearest(query: Float32Array, numbers: RowSelection, count: number, pace: Pace): Promise<Uint32Array> {
    const steps = this.#quantized.topInSteps(query, count * RESCORED, numbers);
    for (;;) {
      const step = steps.next();
      if (step.done) return this.#exact.top(query, count, step.value.rows()).rows();
      await pace.rest();
    }
  }
}
