import { readFile } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import type { Embedder } from "../core/embedder.ts";
import { ModelError } from "../core/errors.ts";
import { normalize } from "../core/vector.ts";
import { packageFolder } from "./package-files.ts";
import { readStaticTable, type StaticTable } from "./static-table.ts";
import { LONGEST_TEXT, WordPiece } from "./wordpiece.ts";

export interface StaticEmbedderOptions {
  /** A path or file URL of a packed table; by default the one that comes with this package. */
  readonly url?: string | URL;
  /** The packed table itself, instead of `url`. */
  readonly bytes?: Uint8Array;
  /** Names the vector space, `static-256` by default. A table of your own needs a name of its own. */
  readonly id?: string;
}

/** Characters embedded before others may run: a few milliseconds, at worst 20 for one text of unheard-of words. */
const CHARACTERS_PER_TURN = 8_192;

/**
 * An embedder in plain JavaScript: a text's vector is the sum of the vectors of its pieces, made a unit vector. Tens of
 * thousands of short texts a second, English, without regard to word order. Reads the first 16,384 characters of a text; a text
 * without a known piece gives the zero vector.
 *
 * @throws ModelError when the table is missing or is none
 */
export async function createStaticEmbedder(options: StaticEmbedderOptions = {}): Promise<Embedder> {
  const table = readStaticTable(options.bytes ?? (await readTable(options.url)));
  const wordPiece = new WordPiece(table.vocabulary);
  return {
    id: options.id ?? "static-256",
    dimensions: table.dimensions,
    languages: ["en"],
    local: true,
    async embed(texts, { signal } = {}) {
      signal?.throwIfAborted();
      const vectors: Float32Array[] = [];
      let characters = 0;
      for (const text of texts) {
        if (characters >= CHARACTERS_PER_TURN) {
          await setImmediate();
          signal?.throwIfAborted();
          characters = 0;
        }
        vectors.push(embedPieces(table, wordPiece.encode(text)));
        characters += Math.min(text.length, LONGEST_TEXT);
      }
      return vectors;
    },
  };
}

async function readTable(
  url: string | URL = new URL("models/static-256-int8/model.bin", packageFolder()),
): Promise<Uint8Array> {
  try {
    return await readFile(typeof url === "string" && url.startsWith("file:") ? new URL(url) : url);
  } catch (cause) {
    throw new ModelError("model_missing", `The static embedding table ${url} cannot be read.`, { cause });
  }
}

/** Adds four rows in one pass: most of the time goes into reading and writing the sum. */
function embedPieces({ dimensions, scales, rows }: StaticTable, pieces: readonly number[]): Float32Array {
  const sum = new Float32Array(dimensions);
  // Beyond the last piece any row does, with nothing of it.
  const rowAt = (index: number) => (pieces[index] ?? 0) * dimensions;
  const scaleAt = (index: number) => scales[pieces[index] ?? -1] ?? 0;
  for (let next = 0; next < pieces.length; next += 4) {
    const [a, b, c, d] = [rowAt(next), rowAt(next + 1), rowAt(next + 2), rowAt(next + 3)];
    const [ofA, ofB, ofC, ofD] = [scaleAt(next), scaleAt(next + 1), scaleAt(next + 2), scaleAt(next + 3)];
    for (let index = 0; index < dimensions; index++) {
      sum[index] =
        (sum[index] ?? 0) +
        ofA * (rows[a + index] ?? 0) +
        ofB * (rows[b + index] ?? 0) +
        ofC * (rows[c + index] ?? 0) +
        ofD * (rows[d + index] ?? 0);
    }
  }
  return normalize(sum);
}
