/**
 * Dot product of two vectors of one length; of unit vectors, their cosine.
 *
 * For a few pairs at a time; a `VectorMatrix` is for many rows.
 */
export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += (a[index] ?? 0) * (b[index] ?? 0);
  return sum;
}
