import type { Partition } from "./partition.ts";
import type { Places } from "./places.ts";

/**
 * How much the words of neighbours count for a record, before they are damped: the turn before it (often the question that
 * it answers), the one before that, and the next.
 */
const CONTEXT = { previous: 2, second: 0.6, next: 0.5 } as const;

/** A record of so many words takes half of what neighbours give: the shorter a turn, the more it means by what is around it. */
const HALF = 30;

export interface MeanLengths {
  readonly own: number;
  /** With the words of neighbours, by their weight. */
  readonly inContext: number;
}

/** What the mean lengths will be about, by the lengths of some records: those beside them are taken to be as long. */
export function expectedMeans(
  lengths: readonly { readonly own: number; readonly inSession: boolean }[],
): MeanLengths {
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / (values.length || 1) || 1;
  const own = mean(lengths.map((length) => length.own));
  const around = (CONTEXT.previous + CONTEXT.second + CONTEXT.next) * own;
  const inContext = lengths.map((length) =>
    length.inSession ? length.own + around / (1 + length.own / HALF) : length.own,
  );
  return { own, inContext: mean(inContext) };
}

/** The words of some slots as they count for them, in columns. */
export class Bags {
  /** Number of words, those of neighbours by their weight. */
  readonly lengths: Float64Array;
  /** Where the counts of each slot and of its neighbours are looked up. */
  readonly #own: Uint32Array;
  readonly #previous: Int32Array;
  readonly #second: Int32Array;
  readonly #next: Int32Array;
  readonly #damping: Float64Array;

  /** @param context whether neighbours that have a place give their words too */
  constructor({ links }: Partition, slots: Uint32Array, places: Places, context: boolean) {
    const size = slots.length;
    this.#own = new Uint32Array(size);
    this.lengths = new Float64Array(size);
    this.#previous = new Int32Array(size).fill(places.nowhere);
    this.#second = new Int32Array(size).fill(places.nowhere);
    this.#next = new Int32Array(size).fill(places.nowhere);
    this.#damping = new Float64Array(size);
    for (let index = 0; index < size; index++) {
      const own = places.of(slots[index] ?? 0);
      this.#own[index] = own;
      this.lengths[index] = places.lengths[own] ?? 0;
      if (!context) continue;
      const previous = neighbour(links.previous.values, own, places);
      const next = neighbour(links.next.values, own, places);
      if (previous < 0 && next < 0) continue;
      const second = previous < 0 ? -1 : neighbour(links.previous.values, previous, places);
      if (previous >= 0) this.#previous[index] = previous;
      if (second >= 0) this.#second[index] = second;
      if (next >= 0) this.#next[index] = next;
      this.#damping[index] = 1 / (1 + (places.lengths[own] ?? 0) / HALF);
    }
    if (context) this.#addNeighbours(places);
  }

  #addNeighbours({ lengths, nowhere }: Places): void {
    const lengthAt = (place: number | undefined) =>
      place === undefined || place === nowhere ? 0 : (lengths[place] ?? 0);
    for (let index = 0; index < this.lengths.length; index++) {
      const around =
        CONTEXT.previous * lengthAt(this.#previous[index]) +
        CONTEXT.second * lengthAt(this.#second[index]) +
        CONTEXT.next * lengthAt(this.#next[index]);
      this.lengths[index] = (this.lengths[index] ?? 0) + (this.#damping[index] ?? 0) * around;
    }
  }

  get meanLength(): number {
    let sum = 0;
    for (const length of this.lengths) sum += length;
    return sum / (this.lengths.length || 1) || 1;
  }

  /** Sums up what `counts` has for the slot and, by their weight, for its neighbours. */
  count(index: number, counts: Int32Array | Float32Array): number {
    const own = counts[this.#own[index] ?? 0] ?? 0;
    const damping = this.#damping[index] ?? 0;
    if (damping === 0) return own;
    const around =
      CONTEXT.previous * (counts[this.#previous[index] ?? 0] ?? 0) +
      CONTEXT.second * (counts[this.#second[index] ?? 0] ?? 0) +
      CONTEXT.next * (counts[this.#next[index] ?? 0] ?? 0);
    return own + damping * around;
  }
}

/** The place of the nearest slot along the links that has one; -1 for none. */
function neighbour(links: Int32Array, place: number, places: Places): number {
  let slot = links[places.slotAt(place)] ?? -1;
  while (slot >= 0) {
    const found = places.of(slot);
    if (found >= 0) return found;
    slot = links[slot] ?? -1;
  }
  return -1;
}
