import { createJavaScriptKernel } from "./javascript-kernel.ts";
import type { VectorKernel } from "./kernel.ts";
import { createWasmKernel } from "./wasm-kernel.ts";

/** The WebAssembly kernel, or the same in plain JavaScript where WebAssembly SIMD is missing. */
export function createKernel(): VectorKernel {
  return createWasmKernel() ?? createJavaScriptKernel();
}
