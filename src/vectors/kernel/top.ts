/** A row and its score. */
export interface RowScore {
  readonly row: number;
  readonly score: number;
}

/** Keeps the best `size` of the rows offered: highest score first, among equals the lower row first. */
export class Top {
  readonly #size: number;
  readonly #best: RowScore[] = [];
  #lowest = Number.NEGATIVE_INFINITY;

  constructor(size: number) {
    this.#size = size;
  }

  /** Rows below this score need not be offered. */
  get lowest(): number {
    return this.#lowest;
  }

  offer(row: number, score: number): void {
    const best = this.#best;
    const last = best.at(-1);
    if (best.length === this.#size && (!last || !precedes(row, score, last))) return;
    let low = 0;
    let high = best.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = best[middle];
      if (other && precedes(row, score, other)) high = middle;
      else low = middle + 1;
    }
    best.splice(low, 0, { row, score });
    if (best.length > this.#size) best.pop();
    if (best.length === this.#size) this.#lowest = best.at(-1)?.score ?? Number.NEGATIVE_INFINITY;
  }

  /** Best first. */
  list(): RowScore[] {
    return this.#best;
  }
}

function precedes(row: number, score: number, other: RowScore): boolean {
  return score > other.score || (score === other.score && row < other.row);
}
