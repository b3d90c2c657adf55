import { nextOf, previousOf } from "./neighbours.ts";
import type { Partition } from "./partition.ts";

/**
 * How much the words of neighbours count for a record, before they are damped: the turn before it (often the question that
 * it answers), the one before that, and the next.
 */
const CONTEXT = { previous: 2, second: 0.6, next: 0.5 } as const;

/** A record of so many words takes half of what neighbours give: the shorter a turn, the more it means by what is around it. */
const HALF = 30;

/** The words of some slots as they count for them, in columns. */
export class Bags {
  readonly slots: Uint32Array;
  /** Stands for a neighbour that is not there: a slot beyond all others, for which counts must be 0. */
  readonly nowhere: number;
  /** Number of words, those of neighbours by their weight. */
  readonly lengths: Float64Array;
  readonly #previous: Int32Array;
  readonly #second: Int32Array;
  readonly #next: Int32Array;
  readonly #damping: Float64Array;

  /** @param context whether neighbours among the allowed slots give their words too */
  constructor(partition: Partition, slots: Uint32Array, allowed: Uint8Array, context: boolean) {
    const own = partition.lengths.values;
    const size = slots.length;
    this.slots = slots;
    this.nowhere = partition.length;
    this.lengths = new Float64Array(size);
    for (let index = 0; index < size; index++) this.lengths[index] = own[slots[index] ?? 0] ?? 0;
    this.#previous = new Int32Array(size).fill(this.nowhere);
    this.#second = new Int32Array(size).fill(this.nowhere);
    this.#next = new Int32Array(size).fill(this.nowhere);
    this.#damping = new Float64Array(size);
    if (!context) return;
    for (let index = 0; index < size; index++) {
      const slot = slots[index] ?? -1;
      const previous = previousOf(partition, slot, allowed);
      const next = nextOf(partition, slot, allowed);
      if (previous < 0 && next < 0) continue;
      const second = previous < 0 ? -1 : previousOf(partition, previous, allowed);
      if (previous >= 0) this.#previous[index] = previous;
      if (second >= 0) this.#second[index] = second;
      if (next >= 0) this.#next[index] = next;
      this.#damping[index] = 1 / (1 + (own[slot] ?? 0) / HALF);
    }
    // A column that is full has nothing behind its last slot, which counts as 0.
    for (let index = 0; index < size; index++) this.lengths[index] = this.count(index, own);
  }

  get meanLength(): number {
    let sum = 0;
    for (const length of this.lengths) sum += length;
    return sum / (this.lengths.length || 1) || 1;
  }

  /** Sums up what `counts` has for the slot and, by their weight, for its neighbours. */
  count(index: number, counts: Int32Array | Float32Array): number {
    const own = counts[this.slots[index] ?? 0] ?? 0;
    const damping = this.#damping[index] ?? 0;
    if (damping === 0) return own;
    const around =
      CONTEXT.previous * (counts[this.#previous[index] ?? 0] ?? 0) +
      CONTEXT.second * (counts[this.#second[index] ?? 0] ?? 0) +
      CONTEXT.next * (counts[this.#next[index] ?? 0] ?? 0);
    return own + damping * around;
  }
}
