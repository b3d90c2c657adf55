import type { Job as BullJob } from "bullmq";
import type { StoredJob } from "../../core/job-store.ts";
import type { Job, JobFailure, JobState } from "../../core/jobs.ts";
import type { JsonValue } from "../../core/json.ts";
import { formatMilliseconds } from "../../core/time.ts";

/** What is kept of a job in BullMQ's data; the rest BullMQ knows itself. */
export interface Kept {
  readonly content: Omit<StoredJob, "id" | "kind">;
  /** How often it was given back: those takings are no attempts. */
  readonly returned: number;
  /** How the last attempt failed, unless it was the last one. */
  readonly failure: JobFailure | null;
}

export function dataOf({ id: _, kind: __, ...content }: StoredJob): Kept {
  return { content, returned: 0, failure: null };
}

export function contentOf(bull: BullJob<Kept>): Kept["content"] {
  return bull.data.content;
}

export function jobOf(bull: BullJob<Kept>, state: JobState): Job {
  const { content, returned } = bull.data;
  // A job that waits for another attempt is due when its delay is over.
  const due = state === "delayed" ? formatMilliseconds(bull.timestamp + bull.delay) : content.runAt;
  return {
    id: bull.id ?? "",
    kind: bull.name,
    payload: content.payload as JsonValue,
    key: content.key,
    tenant: content.tenant,
    priority: content.priority,
    state,
    // The taking that only found the last worker dead is no attempt.
    attempts: Math.min(bull.attemptsStarted - returned, content.maxAttempts + (state === "dead" ? 0 : 1)),
    maxAttempts: content.maxAttempts,
    createdAt: content.createdAt,
    runAt: state === "delayed" && bull.attemptsStarted > 0 ? due : content.runAt,
    failure: failureOf(bull, state),
  };
}

/** A failure in the one sentence that BullMQ keeps of it. */
export function sentenceOf({ code, message }: Pick<JobFailure, "code" | "message">): string {
  return `${code}: ${message}`;
}

function failureOf(bull: BullJob<Kept>, state: JobState): JobFailure | null {
  if (state !== "dead") return bull.data.failure;
  const said = bull.failedReason ?? "";
  const [, code = "internal", message = said] = /^([a-z_]+): (.*)$/s.exec(said) ?? [];
  return { code, message, at: formatMilliseconds(bull.finishedOn ?? bull.timestamp) };
}
