/** Lists that are given back stay for the next search: so many, for as many searches that take turns. */
const KEPT = 4;

/** Lends lists of zeros: a new one for every search would take longer to make than to use. */
export class Zeros {
  readonly #kept: Float32Array[] = [];

  /** A list of at least so many zeros. */
  take(length: number): Float32Array {
    const kept = this.#kept.pop();
    return kept && kept.length >= length ? kept : new Float32Array(length);
  }

  /** Takes back a list that is all zeros again. */
  giveBack(list: Float32Array): void {
    if (this.#kept.length < KEPT) this.#kept.push(list);
  }
}
