import type { StoredJob, TakenJob, TakeQuery } from "../../core/job-store.ts";
import type { Job } from "../../core/jobs.ts";
import { type Instant, instantKey } from "../../core/time.ts";
import type { Connection } from "./driver.ts";
import { dueJobs, isNewTick, type JobRow, jobOf, type Tick } from "./job-rows.ts";
import { inOneStep } from "./writer.ts";

export const JOB_WRITES = {
  addJob: inOneStep(addJob),
  addTick: inOneStep(addTick),
  takeJobs: inOneStep(takeJobs),
  extendJobs: inOneStep(extendJobs),
  changeTakenJob: inOneStep(changeTakenJob),
  reviveJob: inOneStep(reviveJob),
  removeJob: inOneStep(removeJob),
};

/** The id of the waiting or running job that has the key of another one. */
function holderOf(connection: Connection, { kind, tenant, key }: Pick<Job, "kind" | "tenant" | "key">) {
  return connection.get<{ id: string }>(
    "SELECT id FROM jobs WHERE kind = ? AND tenant = ? AND key = ? AND dead = 0",
    kind,
    tenant,
    key,
  )?.id;
}

/** Adds a job within the caller's transaction. */
function addJob(connection: Connection, job: StoredJob): string {
  const holder = holderOf(connection, job);
  if (holder !== undefined) return holder;
  connection.run(
    `INSERT INTO jobs (id, kind, tenant, key, payload, priority, attempts, max_attempts, created_at, run_at, dead)
     VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?, ?, 0)`,
    job.id,
    job.kind,
    job.tenant,
    job.key,
    JSON.stringify(job.payload),
    job.priority,
    job.maxAttempts,
    instantKey(job.createdAt),
    instantKey(job.runAt),
  );
  return job.id;
}

function addTick(connection: Connection, tick: Tick, job: StoredJob): void {
  if (!isNewTick(connection, tick)) return;
  connection.run(
    "INSERT INTO job_ticks (name, tick) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET tick = excluded.tick",
    tick.schedule,
    instantKey(tick.at),
  );
  addJob(connection, job);
}

/** Gives the ids of jobs that are no longer whose they were. */
function extendJobs(
  connection: Connection,
  jobs: readonly Pick<TakenJob, "id" | "lease">[],
  until: Instant,
): string[] {
  const text = "UPDATE jobs SET leased_until = ? WHERE id = ? AND lease = ?";
  const isLost = ({ id, lease }: Pick<TakenJob, "id" | "lease">) =>
    connection.run(text, instantKey(until), id, lease).changes === 0;
  return jobs.filter(isLost).map(({ id }) => id);
}

function changeTakenJob(connection: Connection, text: string, values: readonly (string | number)[]): void {
  connection.run(text, ...values);
}

function removeJob(connection: Connection, id: string): boolean {
  return connection.run("DELETE FROM jobs WHERE id = ? AND lease IS NULL", id).changes > 0;
}

function takeJobs(connection: Connection, query: TakeQuery): TakenJob[] {
  const { lease, now, until, limit } = query;
  const taken: TakenJob[] = [];
  while (taken.length < limit) {
    const rows = dueJobs(connection, query, limit - taken.length);
    if (rows.length === 0) break;
    for (const row of rows) {
      if (row.attempts >= row.max_attempts) {
        const failure = { code: "timed_out", message: "Its worker died in the last attempt.", at: now };
        connection.run(
          "UPDATE jobs SET lease = NULL, leased_until = NULL, dead = 1, failure = ? WHERE number = ?",
          JSON.stringify(failure),
          row.number,
        );
        continue;
      }
      connection.run(
        "UPDATE jobs SET lease = ?, leased_until = ?, attempts = attempts + 1 WHERE number = ?",
        lease,
        instantKey(until),
        row.number,
      );
      const { state: _, ...job } = jobOf({ ...row, attempts: row.attempts + 1 }, "running");
      taken.push({ ...job, lease });
    }
  }
  return taken;
}

function reviveJob(connection: Connection, id: string, now: Instant): boolean {
  const row = connection.get<JobRow>("SELECT * FROM jobs WHERE id = ? AND dead = 1", id);
  if (!row) return false;
  if (row.key !== null && holderOf(connection, row) !== undefined)
    connection.run("DELETE FROM jobs WHERE number = ?", row.number);
  else
    connection.run(
      "UPDATE jobs SET dead = 0, attempts = 0, run_at = ? WHERE number = ?",
      instantKey(now),
      row.number,
    );
  return true;
}
