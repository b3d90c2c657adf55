import { merge } from "./merge.ts";
import { type PostingPart, type Segment, sortSegment } from "./segment.ts";
import { BLOCK_SLOTS, type WordColumn } from "./word-column.ts";

/** Where a term occurs: parts in rising order of their slots. */
export type Posting = readonly PostingPart[];

/** Full blocks are merged when there are so many: a term is then in fewer places. */
const MERGED = 8;

/** Terms that are merged whenever a slot is added, so that nobody has to wait for a whole merger. */
const TERMS_AT_ONCE = 32;

/** How many slots can be numbered in one part. */
export const MOST_AMONG = 0x1_0000;

/**
 * In which slots the words of a column stand. Dead slots are left out later or skipped by readers.
 *
 * Putting every word of a slot where its term's slots are touches memory all over, and takes several times as long as
 * sorting the words of many slots together. So new slots wait until somebody asks or a block of them is full.
 */
export class Postings {
  readonly #column: WordColumn;
  readonly #segments: Segment[] = [];
  /** Slots that are in a segment. */
  #sorted = 0;
  /** The merger that goes on, and the place of its first segment. */
  #merging: { readonly first: number; readonly steps: ReturnType<typeof merge> } | null = null;
  /** 1 for each slot that is looked for just now. */
  #wanted = new Uint8Array(0);

  constructor(column: WordColumn) {
    this.#column = column;
  }

  /** To be told of every slot that was added: sorts when a block is full. */
  added(): void {
    if (this.#column.length % BLOCK_SLOTS === 0) {
      this.#sort();
      this.#beginMerging();
    }
    this.#goOnMerging();
  }

  /** Where the term of a number occurs; slots that have died since may still be among them. */
  of(term: number): Posting {
    this.#sort();
    const posting: PostingPart[] = [];
    for (const segment of this.#segments) {
      const part = segment.part(term);
      if (part) posting.push(part);
    }
    return posting;
  }

  /**
   * Where each of the terms occurs among some slots, given in rising order and no more than `MOST_AMONG`: as places in their
   * list.
   */
  among(slots: Uint32Array, terms: readonly number[]): Posting[] {
    this.#sort();
    if (this.#wanted.length < this.#sorted) this.#wanted = new Uint8Array(this.#sorted * 2);
    for (let place = 0; place < slots.length; place++) this.#wanted[slots[place] ?? 0] = 1;
    const found = terms.map((term) => [this.#partAmong(slots, term)]);
    for (let place = 0; place < slots.length; place++) this.#wanted[slots[place] ?? 0] = 0;
    return found;
  }

  #partAmong(slots: Uint32Array, term: number): PostingPart {
    const wanted = this.#wanted;
    const places: number[] = [];
    const times: number[] = [];
    let place = 0;
    for (const segment of this.#segments) {
      const part = segment.part(term);
      if (!part) continue;
      const { from, slots: occurring, counts } = part;
      for (let at = 0; at < occurring.length; at++) {
        const slot = from + (occurring[at] ?? 0);
        if (wanted[slot] !== 1) continue;
        while ((slots[place] ?? slot) < slot) place++;
        places.push(place);
        times.push(counts[at] ?? 0);
      }
    }
    return { from: 0, slots: Uint16Array.from(places), counts: Uint16Array.from(times) };
  }

  /**
   * Sorts what waits, together with the last segments of its block as long as they are no larger: so there are never many
   * small ones.
   */
  #sort(): void {
    const to = this.#column.length;
    if (this.#sorted === to) return;
    let from = this.#sorted;
    for (let last = this.#segments.at(-1); last && last.size <= to - from; last = this.#segments.at(-1)) {
      if (from % BLOCK_SLOTS === 0) break;
      from = last.from;
      this.#segments.pop();
    }
    const place = { first: from % BLOCK_SLOTS, from, size: to - from };
    this.#segments.push(sortSegment(this.#column.blockOf(from), place, this.#column.scratch));
    this.#sorted = to;
  }

  #beginMerging(): void {
    if (this.#merging) return;
    const isFull = ({ size }: Segment) => size === BLOCK_SLOTS;
    const first = this.#segments.findIndex(isFull);
    const blocks = this.#segments.slice(first, first + MERGED).filter(isFull);
    if (first < 0 || blocks.length < MERGED) return;
    this.#merging = { first, steps: merge(blocks) };
  }

  #goOnMerging(): void {
    for (let term = 0; this.#merging && term < TERMS_AT_ONCE; term++) {
      const step = this.#merging.steps.next();
      if (!step.done) continue;
      this.#segments.splice(this.#merging.first, MERGED, step.value);
      this.#merging = null;
      this.#beginMerging();
    }
  }
}
