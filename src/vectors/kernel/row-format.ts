import { ValidationError } from "../../core/errors.ts";
import { dot, normalize } from "../../core/vector.ts";

/** How the elements of rows and queries are kept. Scales make every score a cosine. */
export interface RowFormat {
  /** The kernel function that reads rows of this format. */
  readonly score: "scoreInt8" | "scoreFloat32";
  /** Bytes of one element of a row. */
  readonly elementBytes: number;
  /** The kernel function that writes rows of this format. */
  readonly write: "writeInt8" | "writeFloat32";
  /** The query's elements as bytes, `width` elements with zeros at the end, and its scale. */
  encodeQuery(vector: Float32Array, width: number): { readonly elements: Uint8Array; readonly scale: number };
}

/** Each row in int8 with its own scale; a query in int16, so that nearly all of the error is the rows'. */
export const INT8_ROWS: RowFormat = {
  score: "scoreInt8",
  elementBytes: 1,
  write: "writeInt8",
  encodeQuery(vector, width) {
    const elements = new Int16Array(width);
    // The sum of `width` products must fit into 31 bits.
    const levels = Math.min(32_767, Math.floor((2 ** 31 - 1) / (127 * width)));
    const scale = quantize(vector, levels, elements);
    return { elements: new Uint8Array(elements.buffer), scale };
  },
};

/** Each row as it is, made a unit vector: exact, four times the memory. */
export const FLOAT32_ROWS: RowFormat = {
  score: "scoreFloat32",
  elementBytes: 4,
  write: "writeFloat32",
  encodeQuery(vector, width) {
    const elements = new Float32Array(width);
    const scale = writeUnit(vector, elements);
    return { elements: new Uint8Array(elements.buffer), scale };
  },
};

/** Maps the largest element to `levels`; the scale is the inverse length of what came out, so that cosines stay within 1. */
function quantize(vector: Float32Array, levels: number, into: Int16Array): number {
  let largest = 0;
  for (const element of vector) largest = Math.max(largest, Math.abs(element));
  checkFinite(largest);
  if (largest === 0) return 0;
  let squares = 0;
  for (let index = 0; index < vector.length; index++) {
    const element = Math.round((vector[index] ?? 0) * (levels / largest));
    into[index] = element;
    squares += element * element;
  }
  return Math.fround(1 / Math.sqrt(squares));
}

function writeUnit(vector: Float32Array, into: Float32Array): number {
  const squares = dot(vector, vector);
  checkFinite(squares);
  into.set(vector);
  normalize(into);
  return squares === 0 ? 0 : 1;
}

function checkFinite(value: number): void {
  if (!Number.isFinite(value))
    throw ValidationError.of("vector", "has an element that is not a finite number");
}
