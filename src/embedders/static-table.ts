import { ModelError } from "../core/errors.ts";

/** A vector for every piece of a vocabulary: piece `i` is `rows[i * dimensions …]` times `scales[i]`. */
export interface StaticTable {
  readonly dimensions: number;
  /** The pieces, in the order of their ids. */
  readonly vocabulary: readonly string[];
  readonly scales: Float32Array;
  readonly rows: Int8Array;
}

/**
 * Reads a packed table, without copying it. Little-endian: the header's length as uint32; the header, JSON
 * `{"dim", "vocab"}`; zeros up to a multiple of 4; a float32 scale for each piece; its int8 elements.
 *
 * @throws ModelError when the bytes are not such a table
 */
export function readStaticTable(bytes: Uint8Array): StaticTable {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const { buffer, byteOffset } = aligned;
  const headerEnd = aligned.length < 4 ? Infinity : 4 + new DataView(buffer, byteOffset).getUint32(0, true);
  if (headerEnd > aligned.length) throw malformed("it ends before its header does");
  const { dim, vocab } = parseHeader(aligned.subarray(4, headerEnd));
  const scalesAt = Math.ceil(headerEnd / 4) * 4;
  const rowsAt = scalesAt + vocab.length * 4;
  const end = rowsAt + vocab.length * dim;
  if (end !== aligned.length) throw malformed(`it has ${aligned.length} bytes where its header needs ${end}`);
  return {
    dimensions: dim,
    vocabulary: vocab,
    scales: new Float32Array(buffer, byteOffset + scalesAt, vocab.length),
    rows: new Int8Array(buffer, byteOffset + rowsAt, vocab.length * dim),
  };
}

function parseHeader(bytes: Uint8Array): { dim: number; vocab: string[] } {
  let header: { dim?: unknown; vocab?: unknown } | null;
  try {
    header = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw malformed("its header is not JSON", cause);
  }
  const { dim, vocab } = header ?? {};
  if (typeof dim !== "number" || !Array.isArray(vocab)) throw malformed("its header lacks dim or vocab");
  return { dim, vocab };
}

function malformed(reason: string, cause?: unknown): ModelError {
  return new ModelError("model_missing", `This is not a static embedding table: ${reason}.`, { cause });
}
