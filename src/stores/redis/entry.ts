import type { IndexEntry } from "../../core/recall-index.ts";

/** Bytes of the lengths in front. */
const LENGTHS = 8;

/**
 * An index entry as bytes: the lengths of its description and its features, the description as JSON, the features, the
 * vector in 32-bit floats.
 */
export function encodeEntry({ vector, features, ...description }: IndexEntry): Buffer {
  const head = Buffer.from(JSON.stringify({ ...description, vector: vector !== null }));
  const lengths = Buffer.alloc(LENGTHS);
  lengths.writeUInt32LE(head.length, 0);
  lengths.writeUInt32LE(features.length, 4);
  const numbers = vector ? Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength) : Buffer.alloc(0);
  return Buffer.concat([lengths, head, features, numbers]);
}

export function decodeEntry(stored: Buffer): IndexEntry {
  const headEnd = LENGTHS + stored.readUInt32LE(0);
  const featuresEnd = headEnd + stored.readUInt32LE(4);
  const { vector, ...description } = JSON.parse(stored.toString("utf8", LENGTHS, headEnd));
  // Copies, because numbers must lie at multiples of their size, which a part of a reply need not do.
  const copy = (from: number, to?: number) => new Uint8Array(stored.subarray(from, to));
  return {
    ...description,
    features: copy(headEnd, featuresEnd),
    vector: vector ? new Float32Array(copy(featuresEnd).buffer) : null,
  };
}

/** What made an entry and whether it is complete, as one text: entries with another text than the current are stale. */
export function entryMaker(entry: Pick<IndexEntry, "embedder" | "analyzer">, complete: boolean): string {
  return JSON.stringify([entry.embedder, entry.analyzer, complete]);
}
