import type { JobStore, TakenJob } from "../../core/job-store.ts";
import { JOB_STATES, type JobCounts, type JobState } from "../../core/jobs.ts";
import { type Instant, instantKey } from "../../core/time.ts";
import type { Database } from "./database.ts";
import type { Connection } from "./driver.ts";
import { dueJobs, isNewTick, type JobRow, jobOf } from "./job-rows.ts";

/** Milliseconds a worker may be silent before its jobs are taken from it. */
const LEASE = 30_000;

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

const CONDITIONS: Readonly<Record<JobState, string>> = {
  waiting: "dead = 0 AND lease IS NULL AND run_at <= ?",
  delayed: "dead = 0 AND lease IS NULL AND run_at > ?",
  running: "lease IS NOT NULL",
  dead: "dead = 1",
};

function countJobs(connection: Connection, now: Instant): JobCounts[] {
  const key = instantKey(now);
  const sums = JOB_STATES.map((state) => `sum(${CONDITIONS[state].replace("?", "?1")}) AS ${state}`);
  return connection.all<JobCounts>(
    `SELECT kind, ${sums.join(", ")} FROM jobs GROUP BY kind ORDER BY kind`,
    key,
  );
}

function cursorOf({ kind, number }: JobRow): string {
  return `${kind}:${number}`;
}

function placeOf(cursor: string): [kind: string, number: number] {
  const [kind = "", number = ""] = cursor.split(":");
  return [kind, Number(number) || 0];
}
