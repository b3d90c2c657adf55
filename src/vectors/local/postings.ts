import { Column } from "./column.ts";
import { TermTable } from "./term-table.ts";

/** A part of where a term occurs: slots in rising order, and how often in each. */
export interface PostingPart {
  readonly slots: Uint32Array;
  readonly counts: Uint32Array;
}

/** Where a term occurs: parts in rising order of their slots. */
export type Posting = readonly PostingPart[];

/** Slots whose terms are sorted at once: a few milliseconds of work. */
const FULL = 2_048;

/**
 * Which words stand in which slots. Slots are only added; dead ones are left out later or skipped by readers.
 *
 * Putting every word of a slot where its term's slots are touches memory all over, and takes several times as long as
 * sorting the words of many slots together. So new slots wait until somebody asks or there are many of them.
 */
export class Postings {
  readonly #table = new TermTable();
  /** For each slot its terms as numbers, in order. */
  readonly #terms: Uint32Array[] = [];
  readonly #segments: Segment[] = [];
  /** Slots that are in a segment. */
  #sorted = 0;
  /** For each term a number to count with while a segment is made; all 0 in between. */
  readonly #scratch = new Column();

  /** Adds the hashed terms of the next slot. */
  add(hashes: Uint32Array): void {
    this.#terms.push(this.#table.numbersOf(hashes));
    while (this.#scratch.length < this.#table.size) this.#scratch.push(0);
    if (this.#terms.length - this.#sorted >= FULL) this.#sort();
  }

  /** Forgets the terms of a slot; who asks may still be told of it. */
  remove(slot: number): void {
    this.#terms[slot] = NOTHING;
  }

  /** The terms of a slot as numbers, in order; none once it is dead. */
  termsOf(slot: number): Uint32Array {
    return this.#terms[slot] ?? NOTHING;
  }

  /** The number of a term; undefined when it occurs nowhere. */
  number(term: string): number | undefined {
    return this.#table.number(term);
  }

  /** Where the term of a number occurs; slots that have died since may still be among them. */
  of(term: number): Posting {
    this.#sort();
    return this.#segments.map((segment) => segment.part(term)).filter((part) => part !== null);
  }

  /** Sorts what waits, together with the last segments as long as they are no larger: so there are never many small ones. */
  #sort(): void {
    const to = this.#terms.length;
    if (this.#sorted === to) return;
    let from = this.#sorted;
    for (let last = this.#segments.at(-1); last && last.size <= to - from; last = this.#segments.at(-1)) {
      if (to - last.from > FULL) break;
      from = last.from;
      this.#segments.pop();
    }
    this.#segments.push(new Segment(this.#terms, from, to, this.#scratch.values));
    this.#sorted = to;
  }
}

const NOTHING = new Uint32Array(0);

/** The words of some slots, sorted by term. */
class Segment {
  readonly from: number;
  readonly size: number;
  /** The terms that occur, rising. */
  readonly #terms: Uint32Array;
  /** Where in `slots` and `counts` each of them begins, and the end of the last. */
  readonly #starts: Uint32Array;
  readonly #slots: Uint32Array;
  readonly #counts: Uint32Array;

  /** @param scratch a 0 for each term, and so again afterwards */
  constructor(terms: readonly Uint32Array[], from: number, to: number, scratch: Int32Array) {
    this.from = from;
    this.size = to - from;
    let words = 0;
    const occurring: number[] = [];
    for (let slot = from; slot < to; slot++) {
      for (const term of terms[slot] ?? NOTHING) {
        if (scratch[term] === 0) occurring.push(term);
        scratch[term] = (scratch[term] ?? 0) + 1;
        words++;
      }
    }
    this.#terms = Uint32Array.from(occurring).sort();
    const slots = new Uint32Array(words);
    const counts = new Uint32Array(words);
    // From here on scratch tells where the next slot of a term goes. Repetitions in a slot leave gaps, closed below.
    const begins = new Uint32Array(this.#terms.length);
    let place = 0;
    this.#terms.forEach((term, index) => {
      begins[index] = place;
      place += scratch[term] ?? 0;
      scratch[term] = begins[index] ?? 0;
    });
    // A slot is kept one higher than it is, for 0 means that nothing is there yet.
    for (let slot = from; slot < to; slot++) {
      for (const term of terms[slot] ?? NOTHING) {
        const at = scratch[term] ?? 0;
        const repeated = slots[at] === slot + 1;
        // The next place is begun only by another slot, so the last one can still be counted up.
        const next = slots[at] === 0 || repeated ? at : at + 1;
        slots[next] = slot + 1;
        counts[next] = (counts[next] ?? 0) + 1;
        scratch[term] = next;
      }
    }
    this.#starts = new Uint32Array(this.#terms.length + 1);
    let end = 0;
    this.#terms.forEach((term, index) => {
      this.#starts[index] = end;
      for (let at = begins[index] ?? 0; at <= (scratch[term] ?? 0); at++) {
        slots[end] = (slots[at] ?? 0) - 1;
        counts[end++] = counts[at] ?? 0;
      }
      scratch[term] = 0;
    });
    this.#starts[this.#terms.length] = end;
    this.#slots = slots.slice(0, end);
    this.#counts = counts.slice(0, end);
  }

  /** Where the term occurs; null for nowhere. */
  part(term: number): PostingPart | null {
    const index = placeIn(this.#terms, term);
    if (index < 0) return null;
    const [start, end] = [this.#starts[index], this.#starts[index + 1]];
    return { slots: this.#slots.subarray(start, end), counts: this.#counts.subarray(start, end) };
  }
}

/** Where in a rising list the value is; -1 when it is not there. */
function placeIn(list: Uint32Array, value: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((list[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return list[low] === value ? low : -1;
}
