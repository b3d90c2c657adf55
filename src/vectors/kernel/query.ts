import { ValidationError } from "../../core/errors.ts";

/** A query as the kernel reads it: int16, so that nearly all of the error is the rows'. */
export interface EncodedQuery {
  /** `width` elements, with zeros at the end. */
  readonly elements: Int16Array;
  /** The inverse length of the elements, so that cosines stay within 1. */
  readonly scale: number;
}

/** The largest element becomes the highest level. */
export function encodeQuery(vector: Float32Array, width: number): EncodedQuery {
  const elements = new Int16Array(width);
  let largest = 0;
  for (const element of vector) largest = Math.max(largest, Math.abs(element));
  if (!Number.isFinite(largest))
    throw ValidationError.of("vector", "has an element that is not a finite number");
  if (largest === 0) return { elements, scale: 0 };
  // The sum of `width` products must fit into 31 bits.
  const levels = Math.min(32_767, Math.floor((2 ** 31 - 1) / (127 * width)));
  let squares = 0;
  for (let index = 0; index < vector.length; index++) {
    const element = Math.round((vector[index] ?? 0) * (levels / largest));
    elements[index] = element;
    squares += element * element;
  }
  return { elements, scale: Math.fround(1 / Math.sqrt(squares)) };
}
