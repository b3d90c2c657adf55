import { hashTerm } from "../../core/features.ts";

const FIRST_SIZE = 4_096;

/** Numbers terms from 0 by their hashes, in the order they come: open addressing, in flat memory. */
export class TermTable {
  #size = 0;
  /** A power of two, always more than half of it free. */
  #capacity = FIRST_SIZE;
  #hashes = new Uint32Array(2 * FIRST_SIZE);
  /** One more than the number of the term at each place; 0 where there is none. */
  #numbers = new Uint32Array(FIRST_SIZE);
  readonly #wanted = new Uint32Array(2);

  /** How many terms have a number. */
  get size(): number {
    return this.#size;
  }

  /** The number of a term; undefined when it has none. */
  number(term: string): number | undefined {
    hashTerm(term, this.#wanted, 0);
    const number = this.#numbers[this.#place(this.#wanted[0] ?? 0, this.#wanted[1] ?? 0)] ?? 0;
    return number === 0 ? undefined : number - 1;
  }

  /** The numbers of hashed terms, given to those that have none yet. */
  numbersOf(hashes: Uint32Array): Uint32Array {
    const numbers = new Uint32Array(hashes.length / 2);
    for (let index = 0; index < numbers.length; index++) {
      const [low, high] = [hashes[2 * index] ?? 0, hashes[2 * index + 1] ?? 0];
      const place = this.#place(low, high);
      const known = this.#numbers[place] ?? 0;
      numbers[index] = known === 0 ? this.#add(place, low, high) : known - 1;
    }
    return numbers;
  }

  #add(place: number, low: number, high: number): number {
    this.#hashes[2 * place] = low;
    this.#hashes[2 * place + 1] = high;
    this.#numbers[place] = ++this.#size;
    if (this.#size * 2 > this.#capacity) this.#grow();
    return this.#size - 1;
  }

  /** Where the hash is, or where it goes. */
  #place(low: number, high: number): number {
    const [hashes, numbers] = [this.#hashes, this.#numbers];
    const mask = this.#capacity - 1;
    let place = low & mask;
    while (numbers[place] !== 0 && (hashes[2 * place] !== low || hashes[2 * place + 1] !== high))
      place = (place + 1) & mask;
    return place;
  }

  #grow(): void {
    const [hashes, numbers] = [this.#hashes, this.#numbers];
    this.#capacity *= 2;
    this.#hashes = new Uint32Array(2 * this.#capacity);
    this.#numbers = new Uint32Array(this.#capacity);
    for (let old = 0; old < numbers.length; old++) {
      if (numbers[old] === 0) continue;
      const [low, high] = [hashes[2 * old] ?? 0, hashes[2 * old + 1] ?? 0];
      const place = this.#place(low, high);
      this.#hashes[2 * place] = low;
      this.#hashes[2 * place + 1] = high;
      this.#numbers[place] = numbers[old] ?? 0;
    }
  }
}
