import { ValidationError } from "../../core/errors.ts";
import { createKernel } from "./create-kernel.ts";
import type { VectorKernel } from "./kernel.ts";
import { encodeQuery } from "./query.ts";
import { type RowScore, Top } from "./top.ts";

/** Rows from `from` up to and without `to`. */
export interface RowRange {
  readonly from: number;
  readonly to: number;
}

/** Which rows to score: a range, or their numbers in any order. */
export type RowSelection = RowRange | Uint32Array;

/** Rows scored in one call of the kernel: less than a millisecond, so a caller may yield in between. */
const SLICE = 4_096;

/** Elements of a row are filled up to a multiple of this, as the kernel reads them. */
const LANES = 16;

/**
 * Vectors of one length as numbered rows, and their cosines with a query. Rows are only added or overwritten; a row whose
 * vector is all zeros scores 0 against everything.
 *
 * Every matrix reserves address space of its own, and a process has room for some 16,000: hold many small sets in one matrix
 * and select their rows.
 *
 * @throws ValidationError for a vector of another length or with an element that is not finite, and for a row out of range
 */
export class VectorMatrix {
  readonly dimensions: number;
  readonly #write: "writeInt8" | "writeRemainder";
  readonly #kernel: VectorKernel;
  readonly #width: number;
  readonly #stride: number;
  // The kernel's memory: the query, a slice's row numbers, its scores, and from there on the rows.
  readonly #listAt: number;
  readonly #scoresAt: number;
  readonly #rowsAt: number;
  #length = 0;
  #first: Float32Array | null = null;

  /** @param write the kernel's function that writes rows */
  constructor(dimensions: number, write: "writeInt8" | "writeRemainder", kernel: VectorKernel) {
    this.dimensions = dimensions;
    this.#write = write;
    this.#kernel = kernel;
    this.#width = Math.ceil(dimensions / LANES) * LANES;
    this.#stride = this.#width + 16;
    this.#listAt = this.#width * 4;
    this.#scoresAt = this.#listAt + SLICE * 4;
    this.#rowsAt = this.#scoresAt + SLICE * 4;
    kernel.reserve(this.#rowsAt);
  }

  /** Number of rows. */
  get length(): number {
    return this.#length;
  }

  /** Bytes held, memory reserved for rows to come included. */
  get byteLength(): number {
    return this.#kernel.memory.byteLength;
  }

  /** Adds a row and gives its number: 0, 1, 2, … */
  append(vector: Float32Array): number {
    this.#checkLength(vector);
    const row = this.#length;
    this.#kernel.reserve(this.#rowsAt + (row + 1) * this.#stride);
    this.#put(row, vector);
    this.#length = row + 1;
    return row;
  }

  /** Overwrites a row. */
  set(row: number, vector: Float32Array): void {
    this.#checkLength(vector);
    this.#checkRow(row);
    this.#put(row, vector);
  }

  /** Cosines of the rows with `query`, in the order of `rows`; all rows when left out. `out` takes them when it is long enough. */
  scores(query: Float32Array, rows: RowSelection = this.#all(), out?: Float32Array): Float32Array {
    const scores = out ?? new Float32Array(selectionLength(rows));
    for (const slice of this.#slices(query, rows)) scores.set(slice.scores, slice.first);
    return scores;
  }

  /** The `k` rows of the highest scores: best first, among equals the lower row first. */
  topK(query: Float32Array, k: number, rows?: RowSelection): RowScore[] {
    return this.top(query, k, rows).list();
  }

  /** `topK`, to be put into order by who needs it. */
  top(query: Float32Array, k: number, rows?: RowSelection): Top {
    const steps = this.topInSteps(query, k, rows);
    for (;;) {
      const step = steps.next();
      if (step.done) return step.value;
    }
  }

  /** `top` that pauses every few thousand rows, so that a caller can let others run. Rows may be added and set in between. */
  *topInSteps(
    query: Float32Array,
    k: number,
    rows: RowSelection = this.#all(),
  ): Generator<undefined, Top, undefined> {
    const top = new Top(Math.min(k, selectionLength(rows)));
    for (const { first, scores } of this.#slices(query, rows)) {
      top.offerAll(scores, (place) => rowAt(rows, first + place));
      yield;
    }
    return top;
  }

  #all(): RowRange {
    return { from: 0, to: this.#length };
  }

  /** Scores slice by slice; `scores` looks into the kernel's memory and holds until the next slice. */
  *#slices(
    query: Float32Array,
    rows: RowSelection,
  ): Generator<{ readonly first: number; readonly scores: Float32Array }> {
    this.#checkLength(query);
    this.#checkSelection(rows);
    const { elements, scale } = encodeQuery(query, this.#width);
    const total = selectionLength(rows);
    for (let first = 0; first < total; first += SLICE) {
      const count = Math.min(SLICE, total - first);
      const memory = this.#kernel.memory;
      // Every time: another query may have run since the last slice.
      new Int16Array(memory).set(elements);
      let rowsAt = this.#rowsAt;
      if (rows instanceof Uint32Array) {
        new Uint32Array(memory, this.#listAt, count).set(rows.subarray(first, first + count));
      } else {
        rowsAt += (rows.from + first) * this.#stride;
      }
      const list = rows instanceof Uint32Array ? this.#listAt : 0;
      this.#kernel.scoreInt8(0, scale, rowsAt, this.#stride, this.#width, list, count, this.#scoresAt);
      yield { first, scores: new Float32Array(memory, this.#scoresAt, count) };
    }
  }

  #put(row: number, vector: Float32Array): void {
    // Where a query would be: it is put there anew for every slice.
    const source = this.#floats();
    source.set(vector);
    source.fill(0, vector.length);
    const write = this.#kernel[this.#write];
    if (!Number.isFinite(write(0, this.#width, this.#rowsAt + row * this.#stride)))
      throw ValidationError.of("vector", "has an element that is not a finite number");
  }

  /** Room for a vector at the beginning of the memory. */
  #floats(): Float32Array {
    const { memory } = this.#kernel;
    if (this.#first?.buffer !== memory) this.#first = new Float32Array(memory, 0, this.#width);
    return this.#first;
  }

  #checkLength(vector: Float32Array): void {
    if (vector.length === this.dimensions) return;
    throw ValidationError.of("vector", `has ${vector.length} elements where ${this.dimensions} are expected`);
  }

  #checkRow(row: number): void {
    if (Number.isInteger(row) && row >= 0 && row < this.#length) return;
    throw ValidationError.of("row", `${row} is not one of the ${this.#length} rows`, row);
  }

  #checkSelection(rows: RowSelection): void {
    if (rows instanceof Uint32Array) {
      // Only a row beyond the end needs the full check, which throws.
      for (let at = 0; at < rows.length; at++) {
        const row = rows[at] ?? 0;
        if (row >= this.#length) this.#checkRow(row);
      }
    } else if (rows.from < rows.to) {
      this.#checkRow(rows.from);
      this.#checkRow(rows.to - 1);
    }
  }
}

/** Vectors in int8 with a scale for each: cosines within about 0.01. Add the remainder's for exact ones. */
export class QuantizedMatrix extends VectorMatrix {
  constructor(dimensions: number, kernel: VectorKernel = createKernel()) {
    super(dimensions, "writeInt8", kernel);
  }
}

/**
 * What `QuantizedMatrix` leaves of vectors, in int8 again: added to its scores, those of the same rows here give the cosines
 * within some millionths.
 */
export class RemainderMatrix extends VectorMatrix {
  constructor(dimensions: number, kernel: VectorKernel = createKernel()) {
    super(dimensions, "writeRemainder", kernel);
  }
}

function selectionLength(rows: RowSelection): number {
  return rows instanceof Uint32Array ? rows.length : Math.max(0, rows.to - rows.from);
}

function rowAt(rows: RowSelection, index: number): number {
  return rows instanceof Uint32Array ? (rows[index] ?? 0) : rows.from + index;
}
