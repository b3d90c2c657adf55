/**
 * Scores rows against a query. All places are byte addresses in the kernel's memory, multiples of 16.
 *
 * A row is `width` elements of int8 (a multiple of 16, filled up with zeros) and then its scale as a float32; row `n` lies at
 * `rows + n * stride`. The query is in int16. Writes for each row `dot(row, query) * row's scale * queryScale` as a float32. The
 * integer sum is exact, so every kernel gives the same bits.
 *
 * @param list address of the row numbers to score (uint32), or 0 for the rows 0, 1, 2, …
 * @param count how many rows to score
 * @param out where `count` scores go
 */
export type ScoreRows = (
  query: number,
  queryScale: number,
  rows: number,
  stride: number,
  width: number,
  list: number,
  count: number,
  out: number,
) => void;

/**
 * Writes a float32 vector of `width` elements at the address `from` as a row at the address `row`, and the row's scale behind
 * it. Gives the largest absolute element: not a finite number when one of them is not, and then the row is no use.
 */
export type WriteRow = (from: number, width: number, row: number) => number;

/** Dot products over rows in one growing memory, which belongs to this kernel alone. */
export interface VectorKernel {
  readonly scoreInt8: ScoreRows;
  /** The largest element becomes 127, and scores are cosines with what came out. Every kernel gives the same bits. */
  readonly writeInt8: WriteRow;
  /**
   * What `writeInt8` left of the vector: the scores of both rows add up to the cosine within some millionths. Overwrites the
   * vector. Kernels differ in the order of summation, within rounding.
   */
  readonly writeRemainder: WriteRow;
  /** The memory. `reserve` may replace the object: make views anew after it. */
  readonly memory: ArrayBuffer;
  /** Makes the memory at least `bytes` long, keeping its content. */
  reserve(bytes: number): void;
}
