/** Where a term occurs: slots in rising order, and how often in each. */
export interface Posting {
  readonly slots: number[];
  readonly counts: number[];
}

/** Which words stand in which slots. Slots are added in rising order and never taken out: dead ones are skipped by readers. */
export class Postings {
  readonly #numbers = new Map<string, number>();
  readonly #postings: Posting[] = [];

  /** Adds the terms of a slot; gives them as numbers, in order. */
  add(slot: number, terms: readonly string[]): Uint32Array {
    return Uint32Array.from(terms, (term) => {
      const number = this.#numberOf(term);
      const posting = this.#postings[number];
      if (posting === undefined) return number;
      const last = posting.slots.length - 1;
      if (posting.slots[last] === slot) {
        posting.counts[last] = (posting.counts[last] ?? 0) + 1;
      } else {
        posting.slots.push(slot);
        posting.counts.push(1);
      }
      return number;
    });
  }

  /** The number of a term; undefined when it occurs nowhere. */
  number(term: string): number | undefined {
    return this.#numbers.get(term);
  }

  of(term: string): Posting | undefined {
    const number = this.#numbers.get(term);
    return number === undefined ? undefined : this.#postings[number];
  }

  #numberOf(term: string): number {
    const known = this.#numbers.get(term);
    if (known !== undefined) return known;
    const number = this.#postings.push({ slots: [], counts: [] }) - 1;
    this.#numbers.set(term, number);
    return number;
  }
}
