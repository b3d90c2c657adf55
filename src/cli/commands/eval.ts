import { appendFile, writeFile } from "node:fs/promises";
import type { Command } from "commander";
import { openModels } from "../../config/options.ts";
import { ValidationError } from "../../core/errors.ts";
import { toMilliseconds } from "../../core/time.ts";
import type { EvaluationItem } from "../../evaluation/dataset.ts";
import { report } from "../../evaluation/report.ts";
import { type Answer, ask, ingest } from "../../evaluation/runner.ts";
import { openMemory } from "../../open.ts";
import type { OpenOptions } from "../../open-options.ts";
import { type Pair, readPair, Warnings } from "../eval-files.ts";
import { showEvaluation } from "../eval-table.ts";
import { wholeNumber } from "../option-values.ts";
import { showProgress } from "../progress.ts";
import type { Act, Run } from "../run.ts";

interface EvalCommandOptions {
  readonly items: string[];
  readonly questions: string[];
  readonly topK?: number;
  readonly rankings?: string;
}

export function define(command: Command, act: Act): void {
  command
    .requiredOption(
      "--items <file...>",
      'what to remember, a line each: {"id","text","speaker"?,"createdAt"?,"sessionId"?}',
    )
    .requiredOption(
      "--questions <file...>",
      'what to ask, a line each: {"id","question","evidence"?:[ids],"category"?}',
    )
    .option("--top-k <number>", "how many hits are asked for (default 20)", wholeNumber)
    .option("--rankings <file>", 'write {"qid","ranked":[ids]} a line to this file')
    .addHelpText("after", HELP)
    .action(act(evaluate));
}

const HELP = `
The first file of items goes with the first file of questions, and so on. Each pair is remembered in a fresh memory as
turns of a conversation are, and asked with default recall; your own data is not touched. Questions without evidence
measure how well recall's confidence tells that nothing is known.`;

async function evaluate(run: Run<EvalCommandOptions>): Promise<undefined> {
  const { output, options, settings, signal } = run;
  const topK = options.topK ?? 20;
  checkOptions(options, topK);
  const warnings = new Warnings();
  const models = await openModels(settings);
  const { embedder } = models;
  if (options.rankings !== undefined) await writeFile(options.rankings, "");
  const answers: Answer[] = [];
  let [items, milliseconds] = [0, 0];
  for (const [index, name] of options.items.entries()) {
    const questions = options.questions[index] ?? "";
    const pair = await readPair({ items: name, questions }, { signal, warnings });
    const result = await runPair(pair, { run, models, topK, label: name });
    items += pair.items.length;
    milliseconds += result.ingestion;
    answers.push(...result.answers);
    if (options.rankings !== undefined)
      await appendFile(options.rankings, result.answers.map(rankingLine).join(""));
  }
  const summary = {
    embedder: embedder.id,
    topK,
    items,
    questions: answers.length,
    itemsPerSecond: milliseconds > 0 ? Math.round((items * 1000) / milliseconds) : null,
    ...report(answers, topK),
    warnings: warnings.list(),
  };
  for (const warning of output.json ? [] : summary.warnings) output.note(`Warning: ${warning}.`);
  if (output.json) await output.value(summary);
  else await showEvaluation(summary, output);
}

function checkOptions(options: EvalCommandOptions, topK: number): void {
  if (topK < 1 || topK > 1000) throw ValidationError.of(["--top-k"], "must be from 1 to 1000", topK);
  const [items, questions] = [options.items.length, options.questions.length];
  if (items !== questions)
    throw ValidationError.of(
      ["--questions"],
      `must name as many files as --items: there are ${questions} and ${items}`,
    );
}

async function runPair(
  { items, questions }: Pair,
  options: { run: Run; models: Pick<OpenOptions, "embedder" | "reranker">; topK: number; label: string },
): Promise<{ answers: Answer[]; ingestion: number }> {
  const { run, models, topK, label } = options;
  const memory = await openMemory({ store: "memory:", ...models, clock: clockFor(items) });
  const progress = showProgress(run.output, label, items.length + questions.length);
  let done = 0;
  const steps = {
    stopwatch: () => performance.now(),
    signal: run.signal,
    onProgress(count: number) {
      done += count;
      progress.at(done);
    },
  };
  try {
    const ingestion = await ingest(memory, items, steps);
    return { ingestion, answers: await ask(memory, questions, { ...steps, limit: topK }) };
  } finally {
    progress.end();
    await memory.close();
  }
}

/** The present, but never before the last item: data may tell of a time to come. */
function clockFor(items: readonly EvaluationItem[]) {
  const times = items.map((item) => (item.createdAt === null ? 0 : toMilliseconds(item.createdAt)));
  const last = times.reduce((latest, time) => Math.max(latest, time), 0);
  return { now: () => Math.max(Date.now(), last) };
}

function rankingLine({ question, ranked }: Answer): string {
  return `${JSON.stringify({ qid: question.id, ranked })}\n`;
}
