import type { EvaluationReport, Scores } from "../evaluation/report.ts";
import { type Output, oneLine } from "./output.ts";

/** What `memoir eval` tells. */
export interface EvaluationSummary extends EvaluationReport {
  readonly embedder: string;
  readonly topK: number;
  readonly items: number;
  readonly questions: number;
  readonly itemsPerSecond: number | null;
  readonly warnings: readonly string[];
}

/** Prints the summary for people: shares in per cent. */
export async function showEvaluation(summary: EvaluationSummary, output: Output): Promise<void> {
  const { overall, categories, confidence, latency } = summary;
  if (overall !== null) {
    const measures = Object.keys(overall).filter((name) => name !== "questions");
    const row = (name: string, scores: Scores) => [
      oneLine(name),
      String(scores.questions),
      ...measures.map((measure) => percent(scores[measure])),
    ];
    await output.table(
      ["", "n", ...measures],
      [row("overall", overall), ...Object.entries(categories).map(([name, scores]) => row(name, scores))],
    );
    await output.line("");
  }
  if (confidence !== null)
    await output.line(
      `Confidence  ROC area ${percent(confidence.rocArea)}; mean ${confidence.meanAnswerable.toFixed(2)} for ` +
        `${confidence.answerable} answerable, ${confidence.meanUnanswerable.toFixed(2)} for ` +
        `${confidence.unanswerable} unanswerable questions`,
    );
  await output.line(`Ingestion   ${summary.items} items, ${summary.itemsPerSecond ?? "-"} a second`);
  if (latency !== null)
    await output.line(
      `Recall      ${summary.questions} questions, p50 ${latency.p50.toFixed(1)} ms, p95 ${latency.p95.toFixed(1)} ms`,
    );
  await output.line(`Embedder    ${summary.embedder}`);
}

function percent(share: number | undefined): string {
  return share === undefined || Number.isNaN(share) ? "-" : (share * 100).toFixed(1);
}
