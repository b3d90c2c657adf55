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

/** What a segment consists of. */
export interface SegmentParts {
  /** The first slot. */
  readonly from: number;
  /** How many slots. */
  readonly size: number;
  /** The terms that occur, rising. */
  readonly terms: Uint32Array;
  /** Where in `slots` and `counts` each of them begins, and the end of the last. */
  readonly starts: Uint32Array;
  readonly slots: Uint16Array;
  readonly counts: Uint16Array;
}

/** Words of slots that follow one another, sorted by term. */
export class Segment {
  readonly parts: SegmentParts;

  constructor(parts: SegmentParts) {
    this.parts = parts;
  }

  get from(): number {
    return this.parts.from;
  }

  get size(): number {
    return this.parts.size;
  }

  /** Where the term occurs; null for nowhere. */
  part(term: number): PostingPart | null {
    const { from, terms, starts, slots, counts } = this.parts;
    const index = placeIn(terms, term);
    if (index < 0) return null;
    const [start, end] = [starts[index], starts[index + 1]];
    return { from, slots: slots.subarray(start, end), counts: counts.subarray(start, end) };
  }
}

/** Used again for every block, since sorting is done at once: new ones keep the garbage collector busy. */
let occurring = new Uint32Array(0);
let slots = new Uint16Array(0);
let counts = new Uint16Array(0);

/**
 * Sorts the words of some slots of one block.
 *
 * @param block has the slots from its place `first` on
 * @param from the first slot
 * @param size how many slots
 * @param places a 0 for each term, and so again afterwards
 */
export function sortSegment(
  block: WordBlock,
  { first, from, size }: { readonly first: number; readonly from: number; readonly size: number },
  places: Int32Array,
): Segment {
  // How many words each term has.
  const begin = block.starts[first] ?? 0;
  const end = block.ends[first + size - 1] ?? 0;
  const words = Math.max(0, end - begin);
  if (occurring.length < words) occurring = new Uint32Array(words);
  let distinct = 0;
  for (let slot = first; slot < first + size; slot++) {
    const last = block.ends[slot] ?? 0;
    for (let at = block.starts[slot] ?? 0; at < last; at++) {
      const term = block.words[at] ?? 0;
      if (places[term] === 0) occurring[distinct++] = term;
      places[term] = (places[term] ?? 0) + 1;
    }
  }
  const terms = occurring.slice(0, distinct).sort();
  // Where the next slot of each term goes. Repetitions in a slot leave gaps, closed below.
  const begins = new Uint32Array(distinct);
  let total = 0;
  for (let index = 0; index < distinct; index++) {
    const term = terms[index] ?? 0;
    begins[index] = total;
    total += places[term] ?? 0;
    places[term] = begins[index] ?? 0;
  }
  if (slots.length < total) [slots, counts] = [new Uint16Array(total), new Uint16Array(total)];
  counts.fill(0, 0, total);
  for (let slot = first; slot < first + size; slot++) {
    const last = block.ends[slot] ?? 0;
    for (let at = block.starts[slot] ?? 0; at < last; at++) {
      const term = block.words[at] ?? 0;
      let place = places[term] ?? 0;
      // Only another slot begins the next place, so the last one can still be counted up.
      if (counts[place] !== 0 && slots[place] !== slot - first) place++;
      slots[place] = slot - first;
      if ((counts[place] ?? 0) < MOST) counts[place] = (counts[place] ?? 0) + 1;
      places[term] = place;
    }
  }
  const starts = new Uint32Array(distinct + 1);
  let closed = 0;
  for (let index = 0; index < distinct; index++) {
    const term = terms[index] ?? 0;
    starts[index] = closed;
    const last = places[term] ?? 0;
    for (let at = begins[index] ?? 0; at <= last; at++) {
      slots[closed] = slots[at] ?? 0;
      counts[closed++] = counts[at] ?? 0;
    }
    places[term] = 0;
  }
  starts[distinct] = closed;
  return new Segment({
    from,
    size,
    terms,
    starts,
    slots: slots.slice(0, closed),
    counts: counts.slice(0, closed),
  });
}
