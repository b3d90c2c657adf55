/** A list of whole numbers that grows, in one piece of memory. */
export class Column {
  #values = new Int32Array(256);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const wider = new Int32Array(this.#values.length * 2);
      wider.set(this.#values);
      this.#values = wider;
    }
    this.#values[this.#length++] = value;
  }

  set(index: number, value: number): void {
    this.#values[index] = value;
  }

  /** The numbers themselves, with room behind them; to be used at once, for the next push may replace them. */
  get values(): Int32Array {
    return this.#values;
  }
}
