/**
 * The one scale of scores: 0 for unrelated, 1 for the best there can be. Whatever an engine measures is turned into it
 * here, so a score means the same from every store.
 */

/** Score of a cosine similarity in [-1, 1]. Opposite meaning is as unrelated as no relation: both give 0. */
export function scoreFromCosine(cosine: number): number {
  return clampScore(cosine);
}

/** Cosine distance in [0, 2] of a cosine similarity, as the wire contract reports it. */
export function distanceFromCosine(cosine: number): number {
  return Math.min(2, Math.max(0, 1 - cosine));
}

export function clampScore(value: number): number {
  return Math.min(1, Math.max(0, value));
}
