/** A row and its score. */
export interface RowScore {
  readonly row: number;
  readonly score: number;
}

/** Keeps the best `size` of the rows offered: highest score first, among equals the lower row first. */
export class Top {
  readonly #size: number;
  /** A heap, the worst at its beginning, so that letting it go for a better one takes few steps. */
  readonly #rows: Uint32Array;
  readonly #scores: Float64Array;
  #length = 0;

  constructor(size: number) {
    this.#size = size;
    this.#rows = new Uint32Array(size);
    this.#scores = new Float64Array(size);
  }

  /** Rows below this score need not be offered. */
  get lowest(): number {
    if (this.#length < this.#size) return Number.NEGATIVE_INFINITY;
    return this.#scores[0] ?? Number.POSITIVE_INFINITY;
  }

  offer(row: number, score: number): void {
    if (this.#length < this.#size) this.#rise(this.#length++, row, score);
    else if (this.#size > 0 && this.#isWorse(0, row, score)) this.#sink(row, score);
  }

  /** Offers a row for each of the scores, given the row of each place. */
  offerAll(scores: Float32Array, rowOf: (place: number) => number): void {
    let { lowest } = this;
    for (let place = 0; place < scores.length; place++) {
      const score = scores[place] ?? 0;
      // Nearly every row fails here, so that this is all the work it makes.
      if (!(score >= lowest)) continue;
      this.offer(rowOf(place), score);
      lowest = this.lowest;
    }
  }

  /** The rows that were kept, in rising order. */
  rows(): Uint32Array {
    return this.#rows.slice(0, this.#length).sort();
  }

  /** Best first. */
  list(): RowScore[] {
    const found: RowScore[] = [];
    for (let place = 0; place < this.#length; place++)
      found.push({ row: this.#rows[place] ?? 0, score: this.#scores[place] ?? 0 });
    return found.sort((one, other) => other.score - one.score || one.row - other.row);
  }

  #isWorse(place: number, row: number, score: number): boolean {
    const held = this.#scores[place] ?? 0;
    return held < score || (held === score && (this.#rows[place] ?? 0) > row);
  }

  #put(place: number, row: number, score: number): void {
    this.#rows[place] = row;
    this.#scores[place] = score;
  }

  /** Puts a row at the end of the heap and from there above all that are better. */
  #rise(end: number, row: number, score: number): void {
    let place = end;
    while (place > 0) {
      const above = (place - 1) >>> 1;
      if (this.#isWorse(above, row, score)) break;
      this.#put(place, this.#rows[above] ?? 0, this.#scores[above] ?? 0);
      place = above;
    }
    this.#put(place, row, score);
  }

  /** Puts a row where the worst was and from there below all that are worse. */
  #sink(row: number, score: number): void {
    let place = 0;
    for (;;) {
      let below = 2 * place + 1;
      if (below >= this.#length) break;
      const right = below + 1;
      if (right < this.#length && this.#isWorse(right, this.#rows[below] ?? 0, this.#scores[below] ?? 0))
        below = right;
      if (!this.#isWorse(below, row, score)) break;
      this.#put(place, this.#rows[below] ?? 0, this.#scores[below] ?? 0);
      place = below;
    }
    this.#put(place, row, score);
  }
}
