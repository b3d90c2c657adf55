/** Compiles the vector kernel to WebAssembly and writes it into the module that carries it. */
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const SOURCE = new URL("../src/vectors/kernel/kernel.as.ts", import.meta.url);
const TARGET = new URL("../src/vectors/kernel/kernel.generated.ts", import.meta.url);

/** The text of `kernel.generated.ts` for the present source. */
export async function generateKernel(): Promise<string> {
  const source = await readFile(SOURCE, "utf8");
  const complaints = asc.createMemoryStream();
  let binary: Uint8Array = new Uint8Array();
  const { error } = await asc.main(
    // biome-ignore format: one option a line
    [
      "kernel.ts",
      "--outFile", "kernel.wasm",
      "--runtime", "stub",
      "--importMemory",
      "--noExportMemory",
      "--optimizeLevel", "3",
      "--shrinkLevel", "0",
      "--converge",
      "--noAssert",
      "--enable", "simd",
    ],
    {
      stdout: asc.createMemoryStream(),
      stderr: complaints,
      readFile: (name) => (name === "kernel.ts" ? source : null),
      writeFile: (name, contents) => {
        if (name === "kernel.wasm" && typeof contents !== "string") binary = contents;
      },
      listFiles: () => [],
    },
  );
  if (error) throw new Error(`the kernel does not compile:\n${complaints.toString()}`, { cause: error });
  return [
    "// Written by `npm run build:kernel` from kernel.as.ts; do not edit.",
    `export const KERNEL_WASM =\n  "${Buffer.from(binary).toString("base64")}";`,
    "",
  ].join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(TARGET, await generateKernel());
}
