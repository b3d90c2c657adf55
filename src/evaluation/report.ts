import { anyAt, mean, ndcgAt, percentile, recallAt, reciprocalRank, rocArea } from "./metrics.ts";
import type { Answer } from "./runner.ts";

/** Where recall is measured, as far as the rankings reach. */
const CUTOFFS = [1, 3, 5, 10, 20] as const;
const NDCG_CUTOFF = 10;

/**
 * Means over questions with evidence, 0 to 1: `recall@k` the share of the evidence in the first k, `any@k` whether any of
 * it is there, `mrr`, and `ndcg@10`.
 */
export interface Scores {
  /** How many questions. */
  readonly questions: number;
  readonly [measure: string]: number;
}

/** How well recall's confidence tells questions with evidence from those without. */
interface ConfidenceReport {
  readonly answerable: number;
  readonly unanswerable: number;
  readonly meanAnswerable: number;
  readonly meanUnanswerable: number;
  readonly rocArea: number;
}

export interface EvaluationReport {
  /** Null when no question has evidence. */
  readonly overall: Scores | null;
  readonly categories: Readonly<Record<string, Scores>>;
  /** Null unless there are questions of both kinds. */
  readonly confidence: ConfidenceReport | null;
  /** Milliseconds of one recall. */
  readonly latency: { readonly p50: number; readonly p95: number } | null;
}

/** Sums up answers. Questions without evidence count for the confidence only. */
export function report(answers: readonly Answer[], topK: number): EvaluationReport {
  const [answerable, unanswerable] = split(answers, ({ question }) => question.evidence.size > 0);
  const categories = Map.groupBy(
    answerable.filter(({ question }) => question.category !== null),
    ({ question }) => question.category as string,
  );
  const latencies = answers.map(({ milliseconds }) => milliseconds);
  return {
    overall: answerable.length === 0 ? null : scores(answerable, topK),
    categories: Object.fromEntries(
      [...categories]
        .sort(([left], [right]) => (left < right ? -1 : 1))
        .map(([name, group]) => [name, scores(group, topK)]),
    ),
    confidence:
      answerable.length === 0 || unanswerable.length === 0 ? null : confidence(answerable, unanswerable),
    latency:
      answers.length === 0 ? null : { p50: percentile(latencies, 0.5), p95: percentile(latencies, 0.95) },
  };
}

/** The measures of one ranking, by name. */
function measure({ ranked, question }: Answer, topK: number): Record<string, number> {
  const cutoffs = CUTOFFS.filter((k) => k <= topK);
  return {
    ...Object.fromEntries(cutoffs.map((k) => [`recall@${k}`, recallAt(ranked, question.evidence, k)])),
    ...Object.fromEntries(cutoffs.map((k) => [`any@${k}`, anyAt(ranked, question.evidence, k)])),
    mrr: reciprocalRank(ranked, question.evidence),
    ...(topK >= NDCG_CUTOFF && {
      [`ndcg@${NDCG_CUTOFF}`]: ndcgAt(ranked, question.evidence, NDCG_CUTOFF),
    }),
  };
}

function scores(answers: readonly Answer[], topK: number): Scores {
  const rows = answers.map((answer) => measure(answer, topK));
  const names = Object.keys(rows[0] ?? {});
  return {
    questions: answers.length,
    ...Object.fromEntries(names.map((name) => [name, mean(rows.map((row) => row[name] as number))])),
  };
}

function confidence(answerable: readonly Answer[], unanswerable: readonly Answer[]): ConfidenceReport {
  const [sure, unsure] = [answerable, unanswerable].map((group) => group.map((answer) => answer.confidence));
  return {
    answerable: answerable.length,
    unanswerable: unanswerable.length,
    meanAnswerable: mean(sure ?? []),
    meanUnanswerable: mean(unsure ?? []),
    rocArea: rocArea(sure ?? [], unsure ?? []),
  };
}

function split<Value>(values: readonly Value[], test: (value: Value) => boolean): [Value[], Value[]] {
  return [values.filter(test), values.filter((value) => !test(value))];
}
