import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { generateKernel } from "../../scripts/build-kernel.ts";
import { createWasmKernel } from "../../src/vectors/kernel/wasm-kernel.ts";

test("the checked-in kernel is what its source compiles to", async () => {
  const path = new URL("../../src/vectors/kernel/kernel.generated.ts", import.meta.url);
  expect(await readFile(path, "utf8")).toBe(await generateKernel());
});

test("this engine runs the WebAssembly kernel", () => {
  expect(createWasmKernel()).toBeDefined();
});
