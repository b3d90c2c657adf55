import type { JobWithMetadata } from "pg-boss";
import type { StoredJob, TakenJob } from "../../core/job-store.ts";
import type { Job, JobFailure, JobState } from "../../core/jobs.ts";
import type { JsonValue } from "../../core/json.ts";
import { formatMilliseconds, type Instant } from "../../core/time.ts";

/** What is kept of a job in pg-boss's data; the rest pg-boss knows itself. */
type Content = Omit<StoredJob, "id" | "kind">;

/** As text within JSON: `jsonb` has no NUL, and would give objects another order. */
export function contentOf({ id: _, kind: __, ...content }: StoredJob): string {
  return JSON.stringify(content satisfies Content);
}

/** A row of pg-boss's table, as far as it is read here. */
export interface JobRow {
  readonly id: string;
  readonly name: string;
  readonly data: { readonly content: string; readonly tick: boolean };
  readonly retry_count: number;
  readonly start_after: Date;
  readonly started_on: Date | null;
  readonly completed_on: Date | null;
  readonly output: unknown;
}

export function jobOf(row: JobRow, state: JobState): Job {
  const content = JSON.parse(row.data.content) as Content;
  const attempts = row.started_on === null ? 0 : row.retry_count + 1;
  return {
    id: row.id,
    kind: row.name,
    payload: content.payload as JsonValue,
    key: content.key,
    tenant: content.tenant,
    priority: content.priority,
    state,
    attempts,
    maxAttempts: content.maxAttempts,
    createdAt: content.createdAt,
    // pg-boss chooses when a failed job is due again.
    runAt: attempts === 0 || state === "running" ? content.runAt : instantOf(row.start_after),
    failure: failureOf(row.output, instantOf(row.completed_on ?? row.start_after)),
  };
}

export function takenOf(job: JobWithMetadata<JobRow["data"]>, lease: string): TakenJob {
  const row: JobRow = {
    id: job.id,
    name: job.name,
    data: job.data,
    retry_count: job.retryCount,
    start_after: job.startAfter,
    started_on: job.startedOn,
    completed_on: job.completedOn,
    output: job.output,
  };
  const { state: _, ...shown } = jobOf(row, "running");
  return { ...shown, lease };
}

function failureOf(output: unknown, at: Instant): JobFailure | null {
  if (typeof output !== "object" || output === null) return null;
  if ("code" in output && "message" in output) return output as JobFailure;
  // pg-boss writes of its own only when nothing was heard of a worker.
  return { code: "timed_out", message: "Its worker died.", at };
}

function instantOf(date: Date): Instant {
  return formatMilliseconds(date.getTime());
}
