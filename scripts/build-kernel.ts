/** Compiles the vector kernel to WebAssembly and writes it into the module that carries it. */
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const SOURCE = new URL("../src/vectors/kernel/kernel.as.ts", import.meta.url);
const TARGET = new URL("../src/vectors/kernel/kernel.generated.ts", import.meta.url);

/** Compiles AssemblyScript that works on a memory it is given. */
export async function compile(source: string): Promise<Uint8Array<ArrayBuffer>> {
  const complaints = asc.createMemoryStream();
  let binary = new Uint8Array();
  const { error } = await asc.main(
    // biome-ignore format: one option a line
    [
      "module.ts",
      "--outFile", "module.wasm",
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
      readFile: (name) => (name === "module.ts" ? source : null),
      writeFile: (name, contents) => {
        if (name === "module.wasm" && typeof contents !== "string") binary = Uint8Array.from(contents);
      },
      listFiles: () => [],
    },
  );
  if (error) throw new Error(`AssemblyScript does not compile:\n${complaints.toString()}`, { cause: error });
  return binary;
}

/** The text of `kernel.generated.ts` for the present source. */
export async function generateKernel(): Promise<string> {
  const binary = await compile(await readFile(SOURCE, "utf8"));
  return [
    "// Written by `npm run build:kernel` from kernel.as.ts; do not edit.",
    `export const KERNEL_WASM =\n  "${Buffer.from(binary).toString("base64")}";`,
    "",
  ].join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(TARGET, await generateKernel());
}
