import type { JobStore, StoredJob, TakenJob, TakeQuery } from "../../core/job-store.ts";
import { JOB_STATES, type Job, type JobCounts, type JobFailure, type JobState } from "../../core/jobs.ts";
import type { JsonValue } from "../../core/json.ts";
import { fromInstantKey, type Instant, instantKey } from "../../core/time.ts";
import type { Database } from "./database.ts";
import type { Connection } from "./driver.ts";
import { inOneStep } from "./writer.ts";

/** Milliseconds a worker may be silent before its jobs are taken from it. */
const LEASE = 30_000;

interface JobRow {
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

/** Jobs in a table of the store's own file: durable like its records, shared like them. */
export function createSqliteJobStore({ read, write }: Database): JobStore {
  /** Changes a job that still belongs to whoever took it. */
  const ofTaker = ({ id, lease }: TakenJob, statement: string, ...values: (string | number)[]) =>
    write("changeTakenJob", `${statement} WHERE id = ? AND lease = ?`, [...values, id, lease]);

  return {
    name: "sqlite",
    lease: LEASE,
    add: (job) => write("addJob", job),
    async addTick(tick, job) {
      // Nearly always another worker, or this one before it was restarted, has seen to it: reading locks nobody.
      if (await read((connection) => isNewTick(connection, tick))) await write("addTick", tick, job);
    },
    async take(query) {
      if (!(await read((connection) => dueJobs(connection, query, 1))).length) return [];
      return write("takeJobs", query);
    },
    extend: (jobs, until) =>
      write(
        "extendJobs",
        jobs.map(({ id, lease }) => ({ id, lease })),
        until,
      ),
    finish: (job) => ofTaker(job, "DELETE FROM jobs"),
    retryAt: (job, runAt, failure) =>
      ofTaker(
        job,
        "UPDATE jobs SET lease = NULL, leased_until = NULL, run_at = ?, failure = ?",
        instantKey(runAt),
        JSON.stringify(failure),
      ),
    bury: (job, failure) =>
      ofTaker(
        job,
        "UPDATE jobs SET lease = NULL, leased_until = NULL, dead = 1, failure = ?",
        JSON.stringify(failure),
      ),
    release: (job) =>
      ofTaker(job, "UPDATE jobs SET lease = NULL, leased_until = NULL, attempts = attempts - 1"),
    list: ({ state, kind, limit, after, now }) =>
      read((connection) => {
        const [lastKind, lastNumber] = after === null ? ["", 0] : placeOf(after);
        const rows = connection.all<JobRow>(
          `SELECT * FROM jobs WHERE ${CONDITIONS[state]} AND ? IN (kind, '')
             AND (kind, number) > (?, ?) ORDER BY kind, number LIMIT ?`,
          ...(state === "waiting" || state === "delayed" ? [instantKey(now)] : []),
          kind ?? "",
          lastKind,
          lastNumber,
          limit + 1,
        );
        const page = rows.slice(0, limit);
        const last = rows.length > limit ? page.at(-1) : undefined;
        return { jobs: page.map((row) => jobOf(row, state)), cursor: last ? cursorOf(last) : null };
      }),
    counts: (now) => read((connection) => countJobs(connection, now)),
    revive: (id, now) => write("reviveJob", id, now),
    remove: (id) => write("removeJob", id),
    close: async () => {},
  };
}

export const JOB_WRITES = {
  addJob: inOneStep(addJob),
  addTick: inOneStep(addTick),
  takeJobs: inOneStep(takeJobs),
  extendJobs: inOneStep(extendJobs),
  changeTakenJob: inOneStep(changeTakenJob),
  reviveJob: inOneStep(reviveJob),
  removeJob: inOneStep(removeJob),
};

const CONDITIONS: Readonly<Record<JobState, string>> = {
  waiting: "dead = 0 AND lease IS NULL AND run_at <= ?",
  delayed: "dead = 0 AND lease IS NULL AND run_at > ?",
  running: "lease IS NOT NULL",
  dead: "dead = 1",
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

type Tick = Parameters<JobStore["addTick"]>[0];

function isNewTick(connection: Connection, { schedule, at }: Tick): boolean {
  const text = "SELECT 1 FROM job_ticks WHERE name = ? AND tick >= ?";
  return connection.get(text, schedule, instantKey(at)) === undefined;
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

/** Jobs that may be taken, the best first. */
function dueJobs(connection: Connection, { kinds, now }: TakeQuery, limit: number): JobRow[] {
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

function countJobs(connection: Connection, now: Instant): JobCounts[] {
  const key = instantKey(now);
  const sums = JOB_STATES.map((state) => `sum(${CONDITIONS[state].replace("?", "?1")}) AS ${state}`);
  return connection.all<JobCounts>(
    `SELECT kind, ${sums.join(", ")} FROM jobs GROUP BY kind ORDER BY kind`,
    key,
  );
}

function jobOf(row: JobRow, state: JobState): Job {
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

function cursorOf({ kind, number }: JobRow): string {
  return `${kind}:${number}`;
}

function placeOf(cursor: string): [kind: string, number: number] {
  const [kind = "", number = ""] = cursor.split(":");
  return [kind, Number(number) || 0];
}
