import { readFile } from "node:fs/promises";
import { compile } from "../../scripts/build-kernel.ts";

/** Bytes of a WebAssembly page. */
const PAGE = 65_536;
/** Bytes that one turn of the loop reads. */
const STEP = 64;

/** The module that `ByteReader` runs. */
export async function compileReader(): Promise<Uint8Array<ArrayBuffer>> {
  return compile(await readFile(new URL("read-bytes.as.ts", import.meta.url), "utf8"));
}

/** Reads a piece of memory as fast as one core can: the limit for whatever has to look at so many bytes. */
export class ByteReader {
  readonly #sum: (from: number, bytes: number) => bigint;
  readonly #bytes: number;

  constructor(module: Uint8Array<ArrayBuffer>, bytes: number) {
    this.#bytes = Math.ceil(bytes / STEP) * STEP;
    const memory = new WebAssembly.Memory({ initial: Math.ceil(this.#bytes / PAGE) });
    // Pages that were never written are all one page of zeros, which stays in the cache.
    new Uint8Array(memory.buffer).fill(1);
    const instance = new WebAssembly.Instance(new WebAssembly.Module(module), { env: { memory } });
    this.#sum = instance.exports["sum"] as (from: number, bytes: number) => bigint;
  }

  read(): bigint {
    return this.#sum(0, this.#bytes);
  }
}
