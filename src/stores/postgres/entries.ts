import type { IndexEntry } from "../../core/recall-index.ts";

/** What a write carries of an index entry: the columns of `entries`, with bytes in base64. */
export interface WrittenEntry {
  readonly embedder: string;
  readonly analyzer: string;
  readonly features: string;
  readonly vector: string | null;
}

/** The same as they are, for a call that takes them one by one. */
export function entryBytes({ features, vector }: IndexEntry): { features: Buffer; vector: Buffer | null } {
  return { features: asBuffer(features), vector: vector && asBuffer(vector) };
}

export function writtenEntry({ embedder, analyzer, features, vector }: IndexEntry): WrittenEntry {
  return {
    embedder,
    analyzer,
    features: base64(features),
    vector: vector && base64(vector),
  };
}

/** The columns of `entries e` that `readEntry` takes. */
export const ENTRY_COLUMNS = "e.embedder, e.analyzer, encode(e.features, 'hex'), encode(e.vector, 'hex')";

export function readEntry([embedder, analyzer, features, vector]: readonly (string | null)[]): IndexEntry {
  return {
    embedder: embedder ?? "",
    analyzer: analyzer ?? "",
    features: bytes(features ?? ""),
    vector: vector == null ? null : new Float32Array(bytes(vector).buffer),
  };
}

function base64(numbers: Uint8Array | Float32Array): string {
  return asBuffer(numbers).toString("base64");
}

function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array | Float32Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** In a buffer of their own, where floats lie aligned: a small `Buffer` shares its memory with others. */
function bytes(hex: string): Uint8Array<ArrayBuffer> {
  const own = new Uint8Array(hex.length / 2);
  own.set(Buffer.from(hex, "hex"));
  return own;
}
