import { IntegerColumn } from "./column.ts";

const FIRST_CAPACITY = 256;
const decoder = new TextDecoder();

/** Numbers texts from 0 in the order they come, given as UTF-8: a text that came before is neither decoded nor kept again. */
export class TextTable {
  readonly texts: string[] = [];
  readonly #bytes: Uint8Array[] = [];
  readonly #hashes = new IntegerColumn();
  /** One more than the number of the text at each place; 0 where there is none. At least half of it is. */
  #places = new Uint32Array(FIRST_CAPACITY);

  /** The number of the text that lies from `from` up to and without `to`, given to it now when it has none. */
  number(bytes: Uint8Array, from: number, to: number): number {
    const hash = hashOf(bytes, from, to);
    let place = hash & (this.#places.length - 1);
    for (let held = this.#places[place] ?? 0; held > 0; held = this.#places[place] ?? 0) {
      if (this.#hashes.values[held - 1] === hash && equal(this.#bytes[held - 1], bytes, from, to))
        return held - 1;
      place = (place + 1) & (this.#places.length - 1);
    }
    const text = bytes.slice(from, to);
    this.#places[place] = this.texts.push(decoder.decode(text));
    this.#bytes.push(text);
    this.#hashes.push(hash);
    if (this.texts.length * 2 > this.#places.length) this.#grow();
    return this.texts.length - 1;
  }

  #grow(): void {
    this.#places = new Uint32Array(this.#places.length * 2);
    for (let number = 0; number < this.texts.length; number++) {
      let place = (this.#hashes.values[number] ?? 0) & (this.#places.length - 1);
      while (this.#places[place] !== 0) place = (place + 1) & (this.#places.length - 1);
      this.#places[place] = number + 1;
    }
  }
}

function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = to - from;
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
  return hash ^ (hash >>> 15);
}

function equal(text: Uint8Array | undefined, bytes: Uint8Array, from: number, to: number): boolean {
  if (text?.length !== to - from) return false;
  for (let at = from; at < to; at++) if (text[at - from] !== bytes[at]) return false;
  return true;
}
