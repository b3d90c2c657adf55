import type { Candidates } from "../core/recall-index.ts";
import { minMaxFromZero } from "./fuse.ts";

/** With less than this share of the question's words even the best of many fits badly, and is not stretched to 1. */
const LEAST_SHARE = 0.3;

/** Of a question that consists of several: how much the one that fits best counts against all together. */
const BEST_PART = 0.75;

/** Weight of what the best hit leads on to, where the embedder does not know the language. */
const RELATED = 0.4;

/**
 * Words of the candidates on the scale of meaning, about 0 to 1.
 *
 * @param foreign whether the embedder does not know the question's language. Words alone then have to get from "who was born
 *   in May" over a name to what else is said of that name, so the words of the best hit count too.
 */
export async function fuseWords(candidates: Candidates, foreign: boolean): Promise<Float64Array> {
  const { words, partWords, mostWords } = candidates;
  const all = minMaxFromZero(words, foreign ? 0 : LEAST_SHARE * mostWords);
  const parts = partWords.map((part) => minMaxFromZero(part));
  const fused =
    parts.length === 0
      ? all
      : all.map((value, index) => (1 - BEST_PART) * value + BEST_PART * highestAt(parts, index));
  if (!foreign) return fused;
  const related: Float64Array[] = [];
  for (const part of parts.length > 0 ? parts : [all]) {
    const best = part.reduce((first, value, index) => (value > (part[first] ?? 0) ? index : first), 0);
    if ((part[best] ?? 0) > 0) related.push(minMaxFromZero(await candidates.related(best)));
  }
  return fused.map((value, index) => value + RELATED * highestAt(related, index));
}

function highestAt(columns: readonly Float64Array[], index: number): number {
  return columns.reduce((highest, column) => Math.max(highest, column[index] ?? 0), 0);
}
