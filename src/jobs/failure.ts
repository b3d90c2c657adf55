import { MemoirError } from "../core/errors.ts";
import type { JobFailure, RunningJob } from "../core/jobs.ts";
import type { Instant } from "../core/time.ts";

/** Longest sentence kept of an error, in UTF-16 units. */
const LONGEST = 1000;

/** What is kept of an error. Credentials inside URLs are left out: dead letters are read by many. */
export function failureOf(error: unknown, at: Instant): JobFailure {
  const code = MemoirError.is(error) ? error.code : "internal";
  const said = error instanceof Error ? error.message || error.name : String(error);
  const message = withoutCredentials(said).toWellFormed().replaceAll("\0", "").slice(0, LONGEST);
  return { code, message: message.toWellFormed(), at };
}

/** Whether a failed attempt is the last one: none is left, or trying again cannot help since the input is refused. */
export function isFinal(error: unknown, job: Pick<RunningJob, "attempts" | "maxAttempts">): boolean {
  return job.attempts >= job.maxAttempts || (MemoirError.is(error) && error.code === "invalid_input");
}

/** A text with the credentials of its URLs replaced: `redis://user:secret@host` becomes `redis://***@host`. */
export function withoutCredentials(text: string): string {
  return text
    .replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/?#]*@/gi, "$1***@")
    .replace(/([?&](?:[\w-]*(?:password|token|secret|key))=)[^&\s"']*/gi, "$1***")
    .replace(/([?&]replica=)[^&\s"']*/gi, "$1***");
}
