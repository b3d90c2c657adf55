import { type PostingPart, Segment } from "./segment.ts";
import { BLOCK_SLOTS, type WordColumn } from "./word-column.ts";

/** Where a term occurs: parts in rising order of their slots. */
export type Posting = readonly PostingPart[];

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

  constructor(column: WordColumn) {
    this.#column = column;
  }

  /** To be told of every slot that was added: sorts when a block is full. */
  added(): void {
    if (this.#column.length % BLOCK_SLOTS === 0) this.#sort();
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
    this.#segments.push(new Segment(this.#column.blockOf(from), place, this.#column.scratch));
    this.#sorted = to;
  }
}
