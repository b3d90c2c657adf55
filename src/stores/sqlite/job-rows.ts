import type { JobStore, TakeQuery } from "../../core/job-store.ts";
import type { Job, JobFailure, JobState } from "../../core/jobs.ts";
import type { JsonValue } from "../../core/json.ts";
import { fromInstantKey, instantKey } from "../../core/time.ts";
import type { Connection } from "./driver.ts";

export interface JobRow {
  readonly number: number;
  readonly id: string;
  readonly kind: string;
  readonly tenant: string;
  readonly key: string | null;
  readonly payload: string;
  readonly priority: number;
  readonly attempts: number;
  readonly max_attempts: number;
  readonly created_at: string;
  readonly run_at: string;
  readonly lease: string | null;
  readonly leased_until: string | null;
  readonly dead: number;
  readonly failure: string | null;
}

export function jobOf(row: JobRow, state: JobState): Job {
  return {
    id: row.id,
    kind: row.kind,
    payload: JSON.parse(row.payload) as JsonValue,
    key: row.key,
    tenant: row.tenant,
    priority: row.priority,
    state,
    attempts: row.attempts,
    maxAttempts: row.max_attempts,
    createdAt: fromInstantKey(row.created_at),
    runAt: fromInstantKey(row.run_at),
    failure: row.failure === null ? null : (JSON.parse(row.failure) as JobFailure),
  };
}

/** Jobs that may be taken, the best first. */
export function dueJobs(connection: Connection, { kinds, now }: TakeQuery, limit: number): JobRow[] {
  const key = instantKey(now);
  return connection.all<JobRow>(
    `SELECT * FROM jobs WHERE dead = 0 AND kind IN (SELECT value FROM json_each(?))
       AND run_at <= ? AND (lease IS NULL OR leased_until <= ?)
     ORDER BY priority DESC, run_at, number LIMIT ?`,
    JSON.stringify(kinds),
    key,
    key,
    limit,
  );
}

export type Tick = Parameters<JobStore["addTick"]>[0];

export function isNewTick(connection: Connection, { schedule, at }: Tick): boolean {
  const text = "SELECT 1 FROM job_ticks WHERE name = ? AND tick >= ?";
  return connection.get(text, schedule, instantKey(at)) === undefined;
}
