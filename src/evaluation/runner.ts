import type { Memory } from "../memory.ts";
import type { EvaluationItem, EvaluationQuestion } from "./dataset.ts";

/** Milliseconds from any start: only differences are used. */
type Stopwatch = () => number;

export interface RunOptions {
  readonly stopwatch: Stopwatch;
  readonly signal?: AbortSignal;
  /** Told after every step how many items or questions were done in it. */
  readonly onProgress?: (done: number) => void;
}

/** Records written in one call, as an application catching up would. */
const BATCH = 500;

/** Remembers the items as turns of conversations are remembered. Gives the milliseconds it took. */
export async function ingest(
  memory: Memory,
  items: readonly EvaluationItem[],
  options: RunOptions,
): Promise<number> {
  const { stopwatch, signal, onProgress } = options;
  const start = stopwatch();
  for (let from = 0; from < items.length; from += BATCH) {
    const batch = items.slice(from, from + BATCH).map((item) => ({
      id: item.id,
      text: item.text,
      type: "message" as const,
      ...(item.speaker !== null && { speaker: item.speaker }),
      ...(item.createdAt !== null && { createdAt: item.createdAt }),
      ...(item.sessionId !== null && { sessionId: item.sessionId }),
    }));
    await memory.add(batch, signal ? { signal } : {});
    onProgress?.(batch.length);
  }
  return stopwatch() - start;
}

/** What recall made of one question. */
export interface Answer {
  readonly question: EvaluationQuestion;
  /** Ids of the items found, best first. */
  readonly ranked: readonly string[];
  readonly confidence: number;
  readonly milliseconds: number;
}

/** Asks every question in turn, as an application would: nothing but the question and how many hits are wanted. */
export async function ask(
  memory: Memory,
  questions: readonly EvaluationQuestion[],
  options: RunOptions & { readonly limit: number },
): Promise<Answer[]> {
  const { stopwatch, signal, onProgress, limit } = options;
  const answers: Answer[] = [];
  for (const question of questions) {
    const start = stopwatch();
    const { hits, confidence } = await memory.search(question.question, {
      limit,
      ...(signal && { signal }),
    });
    const milliseconds = stopwatch() - start;
    answers.push({ question, ranked: hits.map((hit) => hit.id), confidence, milliseconds });
    onProgress?.(1);
  }
  return answers;
}
