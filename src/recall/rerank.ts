import type { Ranking } from "./rank.ts";

/** So many of the best are looked at again: with 100 not more was found, and it takes twice as long. */
const RERANKED = 50;

/** Weight of what a reranker says, in units of the fused score. With 0.2 and 0.5 nearly the same was found. */
const WEIGHT = 0.3;

/** Places of the candidates that a reranker is asked about, the best first. */
export function bestOf({ scores }: Ranking): number[] {
  return [...scores.keys()]
    .sort((left, right) => (scores[right] ?? 0) - (scores[left] ?? 0))
    .slice(0, RERANKED);
}

/** Adds what a reranker says of some candidates, from 0 for the one it finds worst, or cannot judge, to its weight. */
export function reranked(
  ranking: Ranking,
  places: readonly number[],
  judged: readonly (number | null)[],
): Ranking {
  const known = judged.filter((score): score is number => score !== null && Number.isFinite(score));
  const [lowest, highest] = [Math.min(...known), Math.max(...known)];
  if (known.length === 0 || highest === lowest) return ranking;
  const part = new Float64Array(ranking.scores.length);
  places.forEach((place, index) => {
    const score = judged[index] ?? null;
    if (score !== null && Number.isFinite(score))
      part[place] = (WEIGHT * (score - lowest)) / (highest - lowest);
  });
  return {
    scores: ranking.scores.map((score, place) => score + (part[place] ?? 0)),
    parts: new Map([...ranking.parts, ["reranker", part]]),
  };
}
