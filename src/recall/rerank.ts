import type { RecordTraits } from "../core/recall-index.ts";
import { type Ranking, summed, weighted } from "./rank.ts";

/** So many of the best are looked at again: with 100 not more was found, and it takes twice as long. */
const RERANKED = 50;

/** Weight of what a reranker says, in units of the fused score. */
const WEIGHT = 0.3;

/**
 * What is left of the weight of meaning: a reranker tells meaning better. With all of it left, words and hints count too
 * little, and the best hit is the right one less often than without a reranker.
 */
const MEANING_LEFT = 0.5;

/** Places of the candidates that a reranker is asked about, the best first. */
export function bestOf({ scores }: Ranking): number[] {
  return [...scores.keys()]
    .sort((left, right) => (scores[right] ?? 0) - (scores[left] ?? 0))
    .slice(0, RERANKED);
}

/**
 * Ranks again with what a reranker says of some candidates, from 0 for the one it finds worst, or cannot judge, to its
 * weight. It counts for the sessions too.
 */
export function reranked(
  rows: readonly RecordTraits[],
  ranking: Ranking,
  places: readonly number[],
  judged: readonly (number | null)[],
): Ranking {
  const known = judged.filter((score): score is number => score !== null && Number.isFinite(score));
  const [lowest, highest] = [Math.min(...known), Math.max(...known)];
  if (known.length === 0 || highest === lowest) return ranking;
  const part = new Float64Array(rows.length);
  places.forEach((place, index) => {
    const score = judged[index] ?? null;
    if (score !== null && Number.isFinite(score))
      part[place] = (WEIGHT * (score - lowest)) / (highest - lowest);
  });
  const parts = new Map(ranking.parts);
  const meaning = parts.get("meaning");
  if (meaning) parts.set("meaning", weighted(meaning, MEANING_LEFT));
  parts.delete("session");
  return summed(rows, parts.set("reranker", part));
}
