import { createJavaScriptKernel } from "./javascript-kernel.ts";
import { createWasmKernel } from "./wasm-kernel.ts";

/**
 * Scores rows against a query. All places are byte addresses in the kernel's memory, multiples of 16.
 *
 * A row is `width` elements (a multiple of 16, filled up with zeros) and then its scale as a float32; row `n` lies at
 * `rows + n * stride`. Writes for each row `dot(row, query) * row's scale * queryScale` as a float32.
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
  /** Rows of int8, query of int16. The integer sum is exact, so every kernel gives the same bits. */
  readonly scoreInt8: ScoreRows;
  /** Rows and query of float32. Kernels differ in the order of summation, within rounding. */
  readonly scoreFloat32: ScoreRows;
  /** As int8, the largest element becoming 127. Every kernel gives the same bits. */
  readonly writeInt8: WriteRow;
  /** As a unit vector of float32; zeros stay zeros, with the scale 0. */
  readonly writeFloat32: WriteRow;
  /** The memory. `reserve` may replace the object: make views anew after it. */
  readonly memory: ArrayBuffer;
  /** Makes the memory at least `bytes` long, keeping its content. */
  reserve(bytes: number): void;
}

/** The WebAssembly kernel, or the same in plain JavaScript where WebAssembly SIMD is missing. */
export function createKernel(): VectorKernel {
  return createWasmKernel() ?? createJavaScriptKernel();
}
