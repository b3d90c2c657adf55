import { ValidationError } from "../core/errors.ts";
import { checkLabel } from "../core/identifiers.ts";
import type { StoredJob } from "../core/job-store.ts";
import { JOB_STATES, type JobQuery, type JobState, type NewJob } from "../core/jobs.ts";
import { checkJson } from "../core/json.ts";
import { DEFAULT_TENANT } from "../core/scope.ts";
import { type Instant, parseInstant } from "../core/time.ts";

/** Longest name of a kind: engines make names of it. */
const LONGEST_KIND = 64;

/** A new job as it is stored. @throws ValidationError naming the field. */
export function checkJob(job: NewJob, made: { readonly id: string; readonly now: Instant }): StoredJob {
  const { key, tenant = DEFAULT_TENANT, payload = null, runAt, maxAttempts = 5, priority = 0 } = job;
  return {
    id: made.id,
    kind: checkKind(job.kind, "kind"),
    payload: checkJson(payload, ["payload"]),
    key: key === undefined ? null : checkLabel(key, "key"),
    tenant: checkLabel(tenant, "tenant"),
    priority: between(priority, "priority", -100, 100),
    maxAttempts: between(maxAttempts, "maxAttempts", 1, 100),
    createdAt: made.now,
    runAt: runAt === undefined ? made.now : parseInstant(runAt, "runAt"),
  };
}

export function checkKind(kind: unknown, field: string): string {
  if (typeof kind === "string" && kind.length <= LONGEST_KIND && /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(kind))
    return kind;
  throw ValidationError.of(
    field,
    `must be lower-case words joined by hyphens, at most ${LONGEST_KIND} characters`,
    kind,
    "string_pattern_mismatch",
  );
}

export function checkQuery({ state = "dead", kind, limit = 100, cursor }: JobQuery) {
  if (!JOB_STATES.includes(state))
    throw ValidationError.of("state", `must be one of ${JOB_STATES.join(", ")}`, state, "enum");
  return {
    state: state satisfies JobState,
    kind: kind === undefined ? null : checkKind(kind, "kind"),
    limit: between(limit, "limit", 1, 1000),
    after: cursor === undefined ? null : checkLabel(cursor, "cursor"),
  };
}

/** Checks a whole number inside a range. */
export function between(value: unknown, field: string, least: number, most: number): number {
  if (Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most)
    return value as number;
  throw ValidationError.of(field, `must be a whole number from ${least} to ${most}`, value, "int_type");
}
