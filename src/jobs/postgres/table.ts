import type { Db } from "pg-boss";
import type { JobStore, StoredJob } from "../../core/job-store.ts";
import type { JobCounts, JobFailure, JobState } from "../../core/jobs.ts";
import { type JobRow, jobOf } from "./rows.ts";

/** One taking of a job among others of it, as pg-boss tells them apart. */
interface Attempt {
  readonly id: string;
  readonly retryCount: number;
}

const WAITING = "state IN ('created', 'retry')";

const CONDITIONS: Readonly<Record<JobState, string>> = {
  waiting: `${WAITING} AND start_after <= now()`,
  delayed: `${WAITING} AND start_after > now()`,
  running: "state = 'active'",
  dead: "state = 'failed'",
};

const ONE_TAKING = "name = $1 AND id = $2 AND state = 'active' AND retry_count = $3";

const UNIQUE_VIOLATION = "23505";

/** What pg-boss's own methods do not offer, on its table of jobs. */
export function createTable(database: Db, schema: string) {
  const table = `"${schema}".job`;
  const query = async <Row>(text: string, ...values: unknown[]): Promise<Row[]> =>
    (await database.executeSql(text, values)).rows as Row[];
  const exists = async (text: string, ...values: unknown[]) => (await query(text, ...values)).length > 0;

  return {
    /** The waiting or running job that has a key. */
    async holder(kind: string, key: string): Promise<string | null> {
      const [row] = await query<{ id: string }>(
        `SELECT id FROM ${table} WHERE name = $1 AND singleton_key = $2 AND state IN ('created', 'retry', 'active')`,
        kind,
        key,
      );
      return row?.id ?? null;
    },

    hasTick: (kind: string, id: string) =>
      exists(`SELECT 1 FROM ${table} WHERE name = $1 AND id = $2`, kind, id),

    isTick: (id: string) => exists(`SELECT 1 FROM ${table} WHERE id = $1 AND data->>'tick' = 'true'`, id),

    /** Removes finished ticks of a job's schedule that came before it. */
    async removeTicksBefore({ kind }: StoredJob, id: string): Promise<void> {
      await query(
        `DELETE FROM ${table} old USING ${table} new
         WHERE new.name = $1 AND new.id = $2 AND old.name = $1 AND old.singleton_key = new.singleton_key
           AND old.state = 'completed' AND old.start_after < new.start_after`,
        kind,
        id,
      );
    },

    /** A sign of life; false when the job is lost. */
    touch: (kind: string, { id, retryCount }: Attempt) =>
      exists(
        `UPDATE ${table} SET heartbeat_on = now() WHERE ${ONE_TAKING} RETURNING 1`,
        kind,
        id,
        retryCount,
      ),

    async removeTaken(kind: string, { id, retryCount }: Attempt): Promise<void> {
      await query(`DELETE FROM ${table} WHERE ${ONE_TAKING}`, kind, id, retryCount);
    },

    async bury(kind: string, { id, retryCount }: Attempt, failure: JobFailure): Promise<void> {
      await query(
        `UPDATE ${table} SET state = 'failed', completed_on = now(), heartbeat_on = NULL, output = $4 WHERE ${ONE_TAKING}`,
        kind,
        id,
        retryCount,
        JSON.stringify(failure),
      );
    },

    /** Takes back that an attempt began. */
    async release(kind: string, { id, retryCount }: Attempt): Promise<void> {
      const before =
        retryCount === 0 ? "state = 'created', started_on = NULL" : "state = 'retry', retry_count = $3 - 1";
      await query(
        `UPDATE ${table} SET ${before}, heartbeat_on = NULL, start_after = least(start_after, now()) WHERE ${ONE_TAKING}`,
        kind,
        id,
        retryCount,
      );
    },

    async list({ state, kind, limit, after }: Parameters<JobStore["list"]>[0]) {
      const [lastKind = "", lastId = NO_ID] = after?.split(":") ?? [];
      const rows = await query<JobRow>(
        `SELECT id, name, data, retry_count, start_after, started_on, completed_on, output FROM ${table}
         WHERE ${CONDITIONS[state]} AND ($1 = '' OR name = $1) AND name !~ '^__'
           AND (name COLLATE "C", id) > ($2, $3) ORDER BY name COLLATE "C", id LIMIT $4`,
        kind ?? "",
        lastKind,
        isUuid(lastId) ? lastId : NO_ID,
        limit + 1,
      );
      const page = rows.slice(0, limit);
      const last = rows.length > limit ? page.at(-1) : undefined;
      return { jobs: page.map((row) => jobOf(row, state)), cursor: last ? `${last.name}:${last.id}` : null };
    },

    async counts(): Promise<JobCounts[]> {
      const sums = Object.entries(CONDITIONS).map(
        ([state, condition]) => `(count(*) FILTER (WHERE ${condition}))::int AS ${state}`,
      );
      return query<JobCounts>(
        `SELECT name AS kind, ${sums.join(", ")} FROM ${table} WHERE state <> 'completed' AND name !~ '^__'
         GROUP BY name ORDER BY name COLLATE "C"`,
      );
    },

    async revive(id: string): Promise<boolean> {
      if (!isUuid(id)) return false;
      try {
        return await exists(
          `UPDATE ${table} SET state = 'created', retry_count = 0, started_on = NULL, completed_on = NULL,
             heartbeat_on = NULL, start_after = now() WHERE id = $1 AND state = 'failed' RETURNING 1`,
          id,
        );
      } catch (error) {
        // Another job has taken its key meanwhile.
        if (!(error instanceof Error && "code" in error && error.code === UNIQUE_VIOLATION)) throw error;
        return exists(`DELETE FROM ${table} WHERE id = $1 AND state = 'failed' RETURNING 1`, id);
      }
    },

    remove: async (id: string) =>
      isUuid(id) &&
      exists(`DELETE FROM ${table} WHERE id = $1 AND (${WAITING} OR state = 'failed') RETURNING 1`, id),
  };
}

const NO_ID = "00000000-0000-0000-0000-000000000000";

function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}
