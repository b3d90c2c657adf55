import { placeIn } from "./rising.ts";
import type { WordBlock } from "./word-column.ts";

/** A part of where a term occurs: slots in rising order, and how often in each. */
export interface PostingPart {
  /** To be added to each of the slots. */
  readonly from: number;
  readonly slots: Uint16Array;
  readonly counts: Uint16Array;
}

/** More repetitions of a word in one record make no difference. */
const MOST = 0xffff;

/** The words of some slots of one block, sorted by term. */
export class Segment {
  readonly from: number;
  readonly size: number;
  /** The terms that occur, rising. */
  readonly #terms: Uint32Array;
  /** Where in `slots` and `counts` each of them begins, and the end of the last. */
  readonly #starts: Uint32Array;
  readonly #slots: Uint16Array;
  readonly #counts: Uint16Array;

  /**
   * @param block has the slots from its place `first` on
   * @param from the first slot
   * @param size how many slots
   * @param places a 0 for each term, and so again afterwards
   */
  constructor(
    { words, starts, ends }: WordBlock,
    { first, from, size }: { readonly first: number; readonly from: number; readonly size: number },
    places: Int32Array,
  ) {
    this.from = from;
    this.size = size;
    // How many words each term has.
    const begin = starts[first] ?? 0;
    const end = ends[first + size - 1] ?? 0;
    const occurring = new Uint32Array(Math.max(0, end - begin));
    let distinct = 0;
    for (let slot = first; slot < first + size; slot++) {
      const last = ends[slot] ?? 0;
      for (let at = starts[slot] ?? 0; at < last; at++) {
        const term = words[at] ?? 0;
        if (places[term] === 0) occurring[distinct++] = term;
        places[term] = (places[term] ?? 0) + 1;
      }
    }
    this.#terms = occurring.slice(0, distinct).sort();
    // Where the next slot of each term goes. Repetitions in a slot leave gaps, closed below.
    const begins = new Uint32Array(distinct);
    let total = 0;
    for (let index = 0; index < distinct; index++) {
      const term = this.#terms[index] ?? 0;
      begins[index] = total;
      total += places[term] ?? 0;
      places[term] = begins[index] ?? 0;
    }
    const slots = new Uint16Array(total);
    const counts = new Uint16Array(total);
    for (let slot = first; slot < first + size; slot++) {
      const last = ends[slot] ?? 0;
      for (let at = starts[slot] ?? 0; at < last; at++) {
        const term = words[at] ?? 0;
        let place = places[term] ?? 0;
        // Only another slot begins the next place, so the last one can still be counted up.
        if (counts[place] !== 0 && slots[place] !== slot - first) place++;
        slots[place] = slot - first;
        if ((counts[place] ?? 0) < MOST) counts[place] = (counts[place] ?? 0) + 1;
        places[term] = place;
      }
    }
    this.#starts = new Uint32Array(distinct + 1);
    let closed = 0;
    for (let index = 0; index < distinct; index++) {
      const term = this.#terms[index] ?? 0;
      this.#starts[index] = closed;
      const last = places[term] ?? 0;
      for (let at = begins[index] ?? 0; at <= last; at++) {
        slots[closed] = slots[at] ?? 0;
        counts[closed++] = counts[at] ?? 0;
      }
      places[term] = 0;
    }
    this.#starts[distinct] = closed;
    this.#slots = slots.slice(0, closed);
    this.#counts = counts.slice(0, closed);
  }

  /** Where the term occurs; null for nowhere. */
  part(term: number): PostingPart | null {
    const index = placeIn(this.#terms, term);
    if (index < 0) return null;
    const [start, end] = [this.#starts[index], this.#starts[index + 1]];
    const { from } = this;
    return { from, slots: this.#slots.subarray(start, end), counts: this.#counts.subarray(start, end) };
  }
}
