type Numbers = Int32Array | Float64Array | Uint8Array;

/** Small, for there may be a column for every few records. */
const FIRST = 8;

/** A list of numbers that grows, in one piece of memory. */
export class Column<Values extends Numbers = Int32Array> {
  readonly #make: (length: number) => Values;
  #values: Values;
  #length = 0;

  /** @param make gives room for so many numbers */
  constructor(make: (length: number) => Values) {
    this.#make = make;
    this.#values = make(FIRST);
  }

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const wider = this.#make(this.#length * 2);
      wider.set(this.#values);
      this.#values = wider;
    }
    this.#values[this.#length++] = value;
  }

  set(index: number, value: number): void {
    this.#values[index] = value;
  }

  /** The numbers themselves, with room behind them; to be used at once, for the next push may replace them. */
  get values(): Values {
    return this.#values;
  }
}

/** A column of whole numbers. */
export class IntegerColumn extends Column {
  constructor() {
    super((length) => new Int32Array(length));
  }
}
