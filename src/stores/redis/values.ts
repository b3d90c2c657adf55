import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import type { JsonValue } from "../../core/json.ts";

/** What is sent to the server: text as UTF-8, or bytes. */
export type Stored = string | Buffer;

/** `fast` costs little time, `high` gives the smallest values. */
export type Compression = "none" | "fast" | "high";

/** Smaller values gain nothing: the frame of a compressed value takes some 20 bytes and small texts have few repetitions. */
const COMPRESSION_THRESHOLD = 512;

const LEVELS = { fast: 1, high: 15 } as const;

/** The first bytes of every zstd frame. No JSON begins with a parenthesis. */
const ZSTD_MAGIC = 0xfd2fb528;

export type EncodeValue = (value: unknown) => Stored;

/** Values as JSON, compressed above the threshold. Whoever reads sees from the first bytes what a value is. */
export function valueEncoder(compression: Compression): EncodeValue {
  if (compression === "none") return (value) => JSON.stringify(value);
  const params = { [constants.ZSTD_c_compressionLevel]: LEVELS[compression] };
  return (value) => {
    const text = JSON.stringify(value);
    if (text.length < COMPRESSION_THRESHOLD) return text;
    const packed = zstdCompressSync(text, { params });
    return packed.length < text.length ? packed : text;
  };
}

export function decodeValue(stored: Buffer): JsonValue {
  const compressed = stored.length >= 4 && stored.readUInt32LE(0) === ZSTD_MAGIC;
  return JSON.parse((compressed ? zstdDecompressSync(stored) : stored).toString("utf8"));
}
