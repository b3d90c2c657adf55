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

  /** The number of a text, given to it now when it has none. */
  number(text: Uint8Array): number {
    const hash = hashOf(text);
    let place = hash & (this.#places.length - 1);
    for (let held = this.#places[place] ?? 0; held > 0; held = this.#places[place] ?? 0) {
      if (this.#hashes.values[held - 1] === hash && equal(this.#bytes[held - 1], text)) return held - 1;
      place = (place + 1) & (this.#places.length - 1);
    }
    this.#places[place] = this.texts.push(decoder.decode(text));
    this.#bytes.push(text.slice());
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

function hashOf(text: Uint8Array): number {
  let hash = text.length;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ (text[at] ?? 0), 0x01000193);
  return hash ^ (hash >>> 15);
}

function equal(left: Uint8Array | undefined, right: Uint8Array): boolean {
  if (left?.length !== right.length) return false;
  for (let at = 0; at < right.length; at++) if (left[at] !== right[at]) return false;
  return true;
}
