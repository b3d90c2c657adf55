import { KERNEL_WASM } from "./kernel.generated.ts";
import type { ScoreRows, VectorKernel, WriteRow } from "./kernel.ts";

const PAGE = 65_536;

/** Grown by half, but never by more than this at once. Pages nobody has written to cost no memory. */
const LARGEST_STEP = 64 * 1024 * 1024;

/** Undefined until first use; null where this engine cannot run the kernel. */
let compiled: WebAssembly.Module | null | undefined;

/** The kernel in WebAssembly, or undefined where WebAssembly or its SIMD instructions are missing. */
export function createWasmKernel(): VectorKernel | undefined {
  compiled ??= compile();
  if (!compiled) return undefined;
  // V8 grows a memory in place, so one memory to the end beats chunks; it ends at 4 GB, 15 million rows of 256.
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
  return {
    scoreInt8: exports["scoreInt8"] as ScoreRows,
    writeInt8: exports["writeInt8"] as WriteRow,
    writeRemainder: exports["writeRemainder"] as WriteRow,
    get memory() {
      return memory.buffer;
    },
    reserve(bytes) {
      const present = memory.buffer.byteLength;
      if (bytes <= present) return;
      const step = Math.min(present / 2, LARGEST_STEP);
      memory.grow(Math.ceil(Math.max(bytes - present, step) / PAGE));
    },
  };
}

function compile(): WebAssembly.Module | null {
  if (typeof WebAssembly === "undefined") return null;
  const bytes = Uint8Array.from(atob(KERNEL_WASM), (character) => character.charCodeAt(0));
  return WebAssembly.validate(bytes) ? new WebAssembly.Module(bytes) : null;
}
