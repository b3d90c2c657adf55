import { type Command, Option } from "commander";
import { NotFoundError } from "../../core/errors.ts";
import { JOB_STATES, type Job, type JobQueue, type JobState } from "../../core/jobs.ts";
import { wholeNumber } from "../option-values.ts";
import { oneLine } from "../output.ts";
import type { Act, Run } from "../run.ts";

interface ListJobsOptions {
  readonly state?: JobState;
  readonly kind?: string;
  readonly limit?: number;
  readonly cursor?: string;
}

export function define(command: Command, act: Act): void {
  command
    .command("list")
    .description("List jobs, those that failed for good unless told otherwise")
    .addOption(new Option("--state <state>", "jobs in this state (default dead)").choices(JOB_STATES))
    .option("--kind <kind>", "only jobs of this kind")
    .option("-l, --limit <number>", "jobs on a page, at most 1000 (default 100)", wholeNumber)
    .option("--cursor <cursor>", "continue where a page ended")
    .action(act(list));
  command
    .command("counts")
    .description("Say how many jobs of each kind there are in each state")
    .action(act(counts));
  command
    .command("retry")
    .description("Try jobs again that failed for good")
    .argument("<id...>", "ids of dead letters")
    .action(act(retry));
  command
    .command("discard")
    .description("Remove jobs that are not running")
    .argument("<id...>", "ids of jobs")
    .action(act(discard));
}

async function list(run: Run<ListJobsOptions>): Promise<undefined> {
  const { output } = run;
  const { state, kind, limit, cursor } = run.options;
  const jobs = await jobsOf(run);
  const page = await jobs.list({
    ...(state !== undefined && { state }),
    ...(kind !== undefined && { kind }),
    ...(limit !== undefined && { limit }),
    ...(cursor !== undefined && { cursor }),
  });
  if (output.json) return void (await output.value(page));
  await output.table(["ID", "KIND", "ATTEMPTS", "DUE", "FAILURE"], page.jobs.map(row));
  if (page.cursor !== null) await output.line(output.styled("dim", `next page: --cursor ${page.cursor}`));
}

async function counts(run: Run): Promise<undefined> {
  const { output } = run;
  const all = await (await jobsOf(run)).counts();
  if (output.json) return void (await output.value(all));
  const rows = all.map((of) => [...JOB_STATES.map((state) => String(of[state])), of.kind]);
  await output.table([...JOB_STATES.map((state) => state.toUpperCase()), "KIND"], rows);
}

function retry(run: Run, ids: string[]): Promise<undefined> {
  return change(run, ids, "retried", (jobs, id) => jobs.retry(id));
}

function discard(run: Run, ids: string[]): Promise<undefined> {
  return change(run, ids, "discarded", (jobs, id) => jobs.discard(id));
}

async function change(
  run: Run,
  ids: readonly string[],
  done: string,
  act: (jobs: JobQueue, id: string) => Promise<boolean>,
): Promise<undefined> {
  const { output } = run;
  const jobs = await jobsOf(run);
  const changed: string[] = [];
  for (const id of ids) if (await act(jobs, id)) changed.push(id);
  const missing = ids.filter((id) => !changed.includes(id));
  if (output.json) await output.value({ [done]: changed, missing });
  else for (const id of changed) await output.line(`${done} ${oneLine(id)}`);
  if (missing.length > 0)
    throw new NotFoundError("not_found", `There is no such job: ${missing.map(oneLine).join(", ")}.`, {
      details: { ids: missing },
    });
}

/** The jobs of the memory, with nobody in this process who does them while they are looked at. */
async function jobsOf(run: Run): Promise<JobQueue> {
  return (await run.memory({ workers: 0 })).jobs;
}

function row({ id, kind, attempts, maxAttempts, runAt, failure }: Job): string[] {
  const failed = failure === null ? "" : `${failure.code}: ${failure.message}`;
  return [
    oneLine(id),
    kind,
    `${attempts}/${maxAttempts}`,
    runAt.slice(0, 19).replace("T", " "),
    oneLine(failed),
  ];
}
