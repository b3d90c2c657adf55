import { normalize } from "../../core/vector.ts";
import type { ScoreRows, VectorKernel } from "./kernel.ts";

/** The kernel in plain JavaScript: about ten times slower than WebAssembly, and it runs everywhere. */
export function createJavaScriptKernel(): VectorKernel {
  let memory = new ArrayBuffer(65_536);
  return {
    scoreInt8: (...place) => scoreRows(memory, Int8Array, Int16Array, ...place),
    scoreFloat32: (...place) => scoreRows(memory, Float32Array, Float32Array, ...place),
    writeInt8: (from, width, row) => writeInt8(memory, from, width, row),
    writeFloat32: (from, width, row) => writeFloat32(memory, from, width, row),
    get memory() {
      return memory;
    },
    reserve(bytes) {
      if (bytes > memory.byteLength) memory = memory.transfer(Math.max(bytes, memory.byteLength * 2));
    },
  };
}

type Elements = typeof Int8Array | typeof Int16Array | typeof Float32Array;

function scoreRows(
  memory: ArrayBuffer,
  RowElements: Elements,
  QueryElements: Elements,
  ...[query, queryScale, rows, stride, width, list, count, out]: Parameters<ScoreRows>
): void {
  const queryElements = new QueryElements(memory, query, width);
  const rowElements = new RowElements(memory);
  const scales = new Float32Array(memory);
  const list32 = new Uint32Array(memory, list, list === 0 ? 0 : count);
  const scores = new Float32Array(memory, out, count);
  const size = RowElements.BYTES_PER_ELEMENT;
  for (let index = 0; index < count; index++) {
    const row = rows + (list === 0 ? index : (list32[index] ?? 0)) * stride;
    const first = row / size;
    let product = 0;
    for (let at = 0; at < width; at++) product += (rowElements[first + at] ?? 0) * (queryElements[at] ?? 0);
    const scale = scales[(row + width * size) / 4] ?? 0;
    // Rounded to float32 after every step, as WebAssembly does.
    scores[index] = Math.fround(Math.fround(product) * scale) * queryScale;
  }
}

function writeInt8(memory: ArrayBuffer, from: number, width: number, row: number): number {
  const elements = new Float32Array(memory, from, width);
  const levels = new Int8Array(memory, row, width);
  const largest = largestOf(elements);
  let squares = 0;
  for (let at = 0; at < width; at++) {
    const share = largest > 0 ? Math.fround((elements[at] ?? 0) / largest) : 0;
    const level = nearest(Math.fround(share * 127));
    levels[at] = level;
    squares += level * level;
  }
  new Float32Array(memory, row + width, 1)[0] = squares === 0 ? 0 : 1 / Math.sqrt(squares);
  return largest;
}

function writeFloat32(memory: ArrayBuffer, from: number, width: number, row: number): number {
  const elements = new Float32Array(memory, row, width + 1);
  elements.set(new Float32Array(memory, from, width));
  const largest = largestOf(elements.subarray(0, width));
  normalize(elements.subarray(0, width));
  elements[width] = largest === 0 ? 0 : 1;
  return largest;
}

function largestOf(elements: Float32Array): number {
  let largest = 0;
  for (const element of elements) largest = Math.max(largest, Math.abs(element));
  return largest;
}

/** Adding so much leaves no room for fractions in float32, and rounds halves to even as WebAssembly does. */
const WHOLE = 1.5 * 2 ** 23;

function nearest(value: number): number {
  return Math.fround(value + WHOLE) - WHOLE;
}
