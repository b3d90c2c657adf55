import { normalize } from "../../core/vector.ts";
import type { ScoreRows, VectorKernel } from "./kernel.ts";

/** The kernel in plain JavaScript: about ten times slower than WebAssembly, and it runs everywhere. */
export function createJavaScriptKernel(): VectorKernel {
  let memory = new ArrayBuffer(65_536);
  return {
    scoreInt8: (...place) => scoreRows(memory, ...place),
    writeInt8: (from, width, row) => writeInt8(memory, from, width, row),
    writeRemainder: (from, width, row) => writeRemainder(memory, from, width, row),
    get memory() {
      return memory;
    },
    reserve(bytes) {
      if (bytes > memory.byteLength) memory = memory.transfer(Math.max(bytes, memory.byteLength * 2));
    },
  };
}

function scoreRows(
  memory: ArrayBuffer,
  ...[query, queryScale, rows, stride, width, list, count, out]: Parameters<ScoreRows>
): void {
  const factors = new Int16Array(memory, query, width);
  const levels = new Int8Array(memory);
  const scales = new Float32Array(memory);
  const list32 = new Uint32Array(memory, list, list === 0 ? 0 : count);
  const scores = new Float32Array(memory, out, count);
  for (let index = 0; index < count; index++) {
    const row = rows + (list === 0 ? index : (list32[index] ?? 0)) * stride;
    let product = 0;
    for (let at = 0; at < width; at++) product += (levels[row + at] ?? 0) * (factors[at] ?? 0);
    const scale = scales[(row + width) / 4] ?? 0;
    // Rounded to float32 after every step, as WebAssembly does.
    scores[index] = Math.fround(Math.fround(product) * scale) * queryScale;
  }
}

function writeInt8(memory: ArrayBuffer, from: number, width: number, row: number): number {
  const elements = new Float32Array(memory, from, width);
  const largest = largestOf(elements);
  const squares = writeLevels(elements, largest, new Int8Array(memory, row, width));
  new Float32Array(memory, row + width, 1)[0] = squares === 0 ? 0 : 1 / Math.sqrt(squares);
  return largest;
}

function writeRemainder(memory: ArrayBuffer, from: number, width: number, row: number): number {
  const elements = new Float32Array(memory, from, width);
  const levels = new Int8Array(memory, row, width);
  const largest = largestOf(elements);
  const squares = writeLevels(elements, largest, levels);
  const scale = Math.fround(1 / Math.sqrt(squares || 1));
  normalize(elements);
  for (let at = 0; at < width; at++)
    elements[at] = (elements[at] ?? 0) - Math.fround((levels[at] ?? 0) * scale);
  const rest = largestOf(elements);
  writeLevels(elements, rest, levels);
  new Float32Array(memory, row + width, 1)[0] = rest / 127;
  return largest;
}

/** Gives the sum of the squares. */
function writeLevels(elements: Float32Array, largest: number, into: Int8Array): number {
  let squares = 0;
  for (let at = 0; at < elements.length; at++) {
    const share = largest > 0 ? Math.fround((elements[at] ?? 0) / largest) : 0;
    const level = nearest(Math.fround(share * 127));
    into[at] = level;
    squares += level * level;
  }
  return squares;
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
