/**
 * Measures of ranked lists against what should have been found. Relevance is yes or no; a list is read without its
 * repetitions; ranks count from 1.
 */

/** Share of the relevant ids among the first `k`, 0 to 1. NaN when nothing is relevant. */
export function recallAt(ranked: readonly string[], relevant: ReadonlySet<string>, k: number): number {
  return hits(ranked, relevant, k) / relevant.size;
}

/** 1 when at least one relevant id is among the first `k`, else 0. */
export function anyAt(ranked: readonly string[], relevant: ReadonlySet<string>, k: number): number {
  return hits(ranked, relevant, k) > 0 ? 1 : 0;
}

/** 1 over the rank of the first relevant id; 0 when there is none. */
export function reciprocalRank(ranked: readonly string[], relevant: ReadonlySet<string>): number {
  const first = unique(ranked).findIndex((id) => relevant.has(id));
  return first < 0 ? 0 : 1 / (first + 1);
}

/**
 * Normalised discounted cumulative gain at `k`: each relevant id gains `1 / log2(rank + 1)`, over the most that as many
 * relevant ids could gain (Järvelin and Kekäläinen, 2002). NaN when nothing is relevant.
 */
export function ndcgAt(ranked: readonly string[], relevant: ReadonlySet<string>, k: number): number {
  const gains = unique(ranked)
    .slice(0, k)
    .map((id, index) => (relevant.has(id) ? gainAt(index) : 0));
  const best = Array.from({ length: Math.min(relevant.size, k) }, (_, index) => gainAt(index));
  return sum(gains) / sum(best);
}

function gainAt(index: number): number {
  return 1 / Math.log2(index + 2);
}

/**
 * Area under the receiver operating characteristic: how likely a random positive scores above a random negative, ties
 * counting half (Mann and Whitney, 1947). 1 separates perfectly, 0.5 not at all; NaN when either list is empty.
 */
export function rocArea(positives: readonly number[], negatives: readonly number[]): number {
  const scored = [
    ...positives.map((score) => ({ score, positive: true })),
    ...negatives.map((score) => ({ score, positive: false })),
  ].sort((left, right) => left.score - right.score);
  let wins = 0;
  let below = 0;
  for (let start = 0; start < scored.length; ) {
    let end = start;
    while (end < scored.length && scored[end]?.score === scored[start]?.score) end++;
    const tied = scored.slice(start, end);
    const tiedNegatives = tied.filter(({ positive }) => !positive).length;
    wins += (tied.length - tiedNegatives) * (below + tiedNegatives / 2);
    below += tiedNegatives;
    start = end;
  }
  return wins / (positives.length * negatives.length);
}

/** The value below which a share of the values lies, by the nearest rank. NaN for no values. */
export function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((left, right) => left - right);
  const rank = Math.max(1, Math.ceil(share * sorted.length));
  return sorted[Math.min(rank, sorted.length) - 1] as number;
}

/** NaN for no values. */
export function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

function hits(ranked: readonly string[], relevant: ReadonlySet<string>, k: number): number {
  return unique(ranked)
    .slice(0, k)
    .filter((id) => relevant.has(id)).length;
}

function unique(ranked: readonly string[]): string[] {
  return [...new Set(ranked)];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
