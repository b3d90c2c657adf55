/** How many dimensions a vector gets, and how long they make it in their own directions. */
const DIMENSIONS = 8;
const LENGTH = 0.01;

/**
 * Chroma's graph loses vectors that are equal, such as those of one greeting by many users: after one of seven was deleted,
 * filtered searches missed 212 of 257. So a point gets some more dimensions, different for every key and all of one length.
 * A query has zeros there, which makes every cosine smaller by the same factor.
 */
export function setApart(vector: Float32Array, key: string): number[] {
  const bytes = Uint8Array.from(key.replaceAll("-", "").match(/../g) ?? [], (pair) =>
    Number.parseInt(pair, 16),
  );
  const aside = Array.from(
    { length: DIMENSIONS },
    (_, at) => ((bytes[at] ?? 0) << 8) + (bytes[at + 8] ?? 0) - 32_767.5,
  );
  const scale = LENGTH / Math.hypot(...aside);
  return [...vector, ...aside.map((value) => value * scale)];
}

export function asQuery(vector: Float32Array): number[] {
  return [...vector, ...new Array<number>(DIMENSIONS).fill(0)];
}

/** The cosine without the additional dimensions. */
export function cosineFromDistance(distance: number): number {
  return (1 - distance) * Math.sqrt(1 + LENGTH ** 2);
}
