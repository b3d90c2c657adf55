import type { Candidates } from "../core/recall-index.ts";
import { clampScore } from "../core/score.ts";
import { highest, minMax } from "./fuse.ts";
import { isRole } from "./question.ts";
import type { Ranking } from "./rank.ts";

/**
 * Where "something relevant is stored" is as likely as not, and how fast that changes. The evidence below was 0.9 at the median
 * where the answer was stored, and 0.4 for questions about something else altogether.
 */
const EVEN = 0.65;
const STEEPNESS = 8;

/**
 * A question about one person whose best match was said by another is mostly about something that never happened to the
 * one who was named, unless the other one only asked. Weight of that difference.
 */
const SPEAKER_WEIGHT = 2;

/**
 * In [0, 1]: how sure it is that something relevant is stored at all. The best cosine and the best share of the question's
 * words, which do not depend on what else is stored, and whether the right person said it.
 */
export function confidence(
  { rows, cosines, words, mostWords }: Candidates,
  { scores, parts }: Ranking,
  named: readonly string[],
): number {
  const share = mostWords > 0 ? clampScore(highest(words) / mostWords) : 0;
  const evidence = clampScore(highest(cosines[0] ?? [])) + share + SPEAKER_WEIGHT * speakerMargin();
  return 1 / (1 + Math.exp(-STEEPNESS * (evidence - EVEN)));

  function speakerMargin(): number {
    const bySpeaker = parts.get("speaker");
    if (!bySpeaker) return 0;
    let [theirs, others] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
    rows.forEach(({ speaker, asks }, index) => {
      const score = (scores[index] ?? 0) - (bySpeaker[index] ?? 0);
      if (speaker === named[0]) theirs = Math.max(theirs, score);
      else if (!asks && speaker !== null && !isRole(speaker)) others = Math.max(others, score);
    });
    return Number.isFinite(theirs) && Number.isFinite(others) ? theirs - others : 0;
  }
}

/**
 * Scores in [0, 1] in the order of the ranking: the best hit has the confidence that anything is relevant, the others their
 * share of it.
 */
export function relevance(ranking: Ranking, confidence: number): Float64Array {
  const relative = minMax(ranking.scores);
  const all = relative.every((value) => value === 0);
  return relative.map((value) => confidence * (all ? 1 : value));
}
