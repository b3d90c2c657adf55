import { QuantizedMatrix, RemainderMatrix, type RowSelection } from "../kernel/matrix.ts";
import { Top } from "../kernel/top.ts";
import type { Pace } from "./pace.ts";

/** So many times the wanted rows are rescored exactly: on a million vectors none of the best was missed. */
const RESCORED = 4;

/**
 * The vectors of a partition, by number: in int8 to find the nearest among many, and what that leaves out in int8 again, for
 * every cosine that is given out. Numbers rise from 0 and are not used again.
 */
export class VectorColumn {
  readonly #dimensions: number;
  // Each has memory of its own, which a partition without vectors should not pay for.
  #ownQuantized: QuantizedMatrix | null = null;
  #ownRemainder: RemainderMatrix | null = null;

  constructor(dimensions: number) {
    this.#dimensions = dimensions;
  }

  get #quantized(): QuantizedMatrix {
    this.#ownQuantized ??= new QuantizedMatrix(this.#dimensions);
    return this.#ownQuantized;
  }

  get #remainder(): RemainderMatrix {
    this.#ownRemainder ??= new RemainderMatrix(this.#dimensions);
    return this.#ownRemainder;
  }

  append(vector: Float32Array): number {
    this.#quantized.append(vector);
    return this.#remainder.append(vector);
  }

  /** Forgets a vector; its number scores 0 from then on. */
  clear(number: number): void {
    const zeros = new Float32Array(this.#dimensions);
    this.#quantized.set(number, zeros);
    this.#remainder.set(number, zeros);
  }

  /** Cosines of the given vectors with `query`, in their order: within some millionths. */
  cosines(query: Float32Array, numbers: Uint32Array): Float32Array {
    const cosines = this.#quantized.scores(query, numbers);
    const rest = this.#remainder.scores(query, numbers);
    for (let at = 0; at < cosines.length; at++) cosines[at] = (cosines[at] ?? 0) + (rest[at] ?? 0);
    return cosines;
  }

  /** The numbers of the `count` nearest of the given vectors, rising. */
  async nearest(query: Float32Array, numbers: RowSelection, count: number, pace: Pace): Promise<Uint32Array> {
    const steps = this.#quantized.topInSteps(query, count * RESCORED, numbers);
    for (;;) {
      const step = steps.next();
      if (step.done) return this.#nearestOf(query, count, step.value.rows());
      await pace.rest();
    }
  }

  #nearestOf(query: Float32Array, count: number, numbers: Uint32Array): Uint32Array {
    const top = new Top(Math.min(count, numbers.length));
    top.offerAll(this.cosines(query, numbers), (place) => numbers[place] ?? 0);
    return top.rows();
  }
}
