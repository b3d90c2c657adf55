import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, extname } from "node:path";
import type { Readable } from "node:stream";
import { ValidationError } from "../../core/errors.ts";

/** Something to read from: a file, or standard input for `-`. */
export interface Source {
  /** As the person named it. */
  readonly name: string;
  /** File name without folder and extension; null for standard input. */
  readonly stem: string | null;
  /** Bytes there are; null when nobody knows. */
  readonly size: number | null;
  /** Opens it. It can be opened once. */
  open(signal: AbortSignal): Readable;
}

/** @throws ValidationError when the file is not there or is none. */
export async function findSource(name: string): Promise<Source> {
  if (name === "-") return { name: "standard input", stem: null, size: null, open: openStandardInput };
  const found = await stat(name).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error)
    throw ValidationError.of(
      [name],
      found.code === "ENOENT" ? "is no file" : `cannot be read: ${found.message}`,
    );
  if (found.isDirectory()) throw ValidationError.of([name], "is a folder; name the file in it");
  return {
    name,
    stem: basename(name, extname(name)),
    size: found.isFile() ? found.size : null,
    open: (signal) => createReadStream(name, { signal, highWaterMark: 256 * 1024 }),
  };
}

function openStandardInput(signal: AbortSignal): Readable {
  signal.addEventListener("abort", () => process.stdin.destroy(signal.reason), { once: true });
  return process.stdin;
}
