import type { ScoreRows, VectorKernel } from "./kernel.ts";

/** The kernel in plain JavaScript: about ten times slower than WebAssembly, and it runs everywhere. */
export function createJavaScriptKernel(): VectorKernel {
  let memory = new ArrayBuffer(65_536);
  return {
    scoreInt8: (...place) => scoreRows(memory, Int8Array, Int16Array, ...place),
    scoreFloat32: (...place) => scoreRows(memory, Float32Array, Float32Array, ...place),
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
