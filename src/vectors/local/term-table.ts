import { hashTerm } from "../../core/features.ts";

const FIRST_CAPACITY = 4_096;

/** Numbers terms from 0 by their hashes, in the order they come: open addressing, in flat memory. */
export class TermTable {
  #size = 0;
  /** Two numbers for each place. */
  #hashes = new Uint32Array(2 * FIRST_CAPACITY);
  /** One more than the number of the term at each place; 0 where there is none. A power of two, at least half of it. */
  #numbers = new Uint32Array(FIRST_CAPACITY);

  /** How many terms have a number. */
  get size(): number {
    return this.#size;
  }

  /** The number of a term; undefined when it has none. */
  number(term: string): number | undefined {
    const wanted = new Uint32Array(2);
    hashTerm(term, wanted, 0);
    const held = this.#numbers[this.#placeOf(wanted[0] ?? 0, wanted[1] ?? 0)] ?? 0;
    return held === 0 ? undefined : held - 1;
  }

  /**
   * Writes the numbers of `count` terms to `into`, giving one to those that have none yet.
   * @param view has their hashes from `hashesAt` on
   */
  numbersOf(view: DataView, hashesAt: number, count: number, into: Uint32Array, at: number): void {
    while ((this.#size + count) * 2 > this.#numbers.length) this.#grow();
    const [hashes, numbers] = [this.#hashes, this.#numbers];
    const mask = numbers.length - 1;
    // Millions of words come through here when an index is loaded: no calls inside.
    for (let index = 0; index < count; index++) {
      const low = view.getUint32(hashesAt + 8 * index, true);
      const high = view.getUint32(hashesAt + 8 * index + 4, true);
      let place = low & mask;
      let held = numbers[place] ?? 0;
      while (held !== 0 && (hashes[2 * place] !== low || hashes[2 * place + 1] !== high)) {
        place = (place + 1) & mask;
        held = numbers[place] ?? 0;
      }
      if (held === 0) {
        hashes[2 * place] = low;
        hashes[2 * place + 1] = high;
        held = ++this.#size;
        numbers[place] = held;
      }
      into[at + index] = held - 1;
    }
  }

  /** Where the hash is, or where it would go. */
  #placeOf(low: number, high: number): number {
    const mask = this.#numbers.length - 1;
    let place = low & mask;
    while (
      this.#numbers[place] !== 0 &&
      (this.#hashes[2 * place] !== low || this.#hashes[2 * place + 1] !== high)
    )
      place = (place + 1) & mask;
    return place;
  }

  #grow(): void {
    const [hashes, numbers] = [this.#hashes, this.#numbers];
    this.#hashes = new Uint32Array(2 * hashes.length);
    this.#numbers = new Uint32Array(2 * numbers.length);
    for (let old = 0; old < numbers.length; old++) {
      if (numbers[old] === 0) continue;
      const [low, high] = [hashes[2 * old] ?? 0, hashes[2 * old + 1] ?? 0];
      const place = this.#placeOf(low, high);
      this.#hashes[2 * place] = low;
      this.#hashes[2 * place + 1] = high;
      this.#numbers[place] = numbers[old] ?? 0;
    }
  }
}
