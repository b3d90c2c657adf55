import { randomUUID } from "node:crypto";
import { sha256Hex } from "../../core/content-hash.ts";
import { ValidationError } from "../../core/errors.ts";
import { withStoreErrors } from "../../core/job-errors.ts";
import type { JobStore, StoredJob, TakenJob } from "../../core/job-store.ts";
import { type Logger, silentLogger } from "../../core/logger.ts";
import { toMilliseconds } from "../../core/time.ts";
import { checkSchema, readAddress } from "./address.ts";
import { openBoss } from "./boss.ts";
import { contentOf, type JobRow, takenOf } from "./rows.ts";
import { createTable } from "./table.ts";

/** Where pg-boss keeps the jobs, and how. */
export interface PgBossJobStoreOptions {
  /** `postgres://…`, with the options of a store's URL, of which `pool` and `timeout` do not matter; PostgreSQL 13 or later. */
  readonly url: string;
  /**
   * The schema of pg-boss's tables, made when it is not there. Default `memoir_jobs`, with the schema of the URL in place of
   * `memoir`.
   */
  readonly schema?: string;
  /** Milliseconds a worker may be silent before its jobs are taken from it, 10,000 or more. Default 30,000. */
  readonly lease?: number;
  readonly logger?: Logger;
}

/** The first pause and the longest one after a failed attempt, in seconds: pg-boss spreads and doubles them itself. */
const [FIRST_PAUSE, LONGEST_PAUSE] = [2, 600];

/**
 * Keeps jobs in PostgreSQL with pg-boss, one queue for each kind. Goes by the server's clock.
 *
 * @throws ValidationError when the package `pg-boss` is not there, StoreError when PostgreSQL does not answer.
 */
export async function openPgBossJobStore(options: PgBossJobStoreOptions): Promise<JobStore> {
  const { lease = 30_000, logger = silentLogger } = options;
  const address = readAddress(options.url);
  const [url, schema] = [address.url, checkSchema(options.schema ?? address.schema)];
  if (!(lease >= 10_000)) throw ValidationError.of("lease", "must be at least 10000 milliseconds", lease);
  const { boss, queueFor, close } = await openBoss({ url, schema, lease, logger });
  const table = createTable(boss.getDb(), schema);
  /** Jobs this handle has taken: what it has given back is no longer its own, although the attempt looks the same. */
  const held = new Set<string>();
  const nameOf = ({ id, attempts, lease: token }: TakenJob) => `${id} ${attempts} ${token}`;
  const attemptOf = ({ id, attempts }: TakenJob) => ({ id, retryCount: attempts - 1 });

  async function ended(job: TakenJob, work: () => Promise<unknown>): Promise<void> {
    if (!held.has(nameOf(job))) return;
    await work();
    held.delete(nameOf(job));
  }

  /** Sends a job, unless its id or its key is taken. */
  async function send(job: StoredJob, id: string, tick: boolean): Promise<boolean> {
    await queueFor(job.kind);
    const sent = await boss.send(
      job.kind,
      { content: contentOf(job), tick },
      {
        id,
        // Where keys are exclusive, jobs without one need a key of their own.
        singletonKey: job.key === null ? id : sha256Hex(JSON.stringify([job.tenant, job.key])),
        priority: job.priority,
        startAfter: new Date(toMilliseconds(job.runAt)),
        retryLimit: job.maxAttempts - 1,
        retryBackoff: true,
        retryDelay: FIRST_PAUSE,
        retryDelayMax: LONGEST_PAUSE,
      },
    );
    return sent !== null;
  }

  const store: Omit<JobStore, "name" | "lease" | "close"> = {
    async add(job) {
      for (;;) {
        const id = randomUUID();
        if (await send(job, id, false)) return id;
        const holder = await table.holder(job.kind, sha256Hex(JSON.stringify([job.tenant, job.key])));
        // Otherwise it has just ended.
        if (holder !== null) return holder;
      }
    },
    async addTick({ schedule, at }, job) {
      // Its id says which tick it is, and the finished job stays until the next one.
      const id = uuidOf(JSON.stringify([schedule, at]));
      if (await table.hasTick(job.kind, id)) return;
      if (await send(job, id, true)) await table.removeTicksBefore(job, id);
    },
    async take({ kinds, lease: token, limit }) {
      const taken: TakenJob[] = [];
      for (const kind of kinds) {
        if (taken.length >= limit) break;
        await queueFor(kind);
        const batchSize = limit - taken.length;
        const rows = await boss.fetch<JobRow["data"]>(kind, { includeMetadata: true, batchSize });
        for (const row of rows) taken.push(takenOf(row, token));
      }
      for (const job of taken) held.add(nameOf(job));
      return taken;
    },
    async extend(jobs) {
      const lost: string[] = [];
      for (const job of jobs) if (!(await table.touch(job.kind, attemptOf(job)))) lost.push(job.id);
      return lost;
    },
    finish: (job) =>
      ended(job, async () => {
        if (await table.isTick(job.id)) await boss.complete(job.kind, attemptOf(job));
        else await table.removeTaken(job.kind, attemptOf(job));
      }),
    retryAt: (job, _runAt, failure) => ended(job, () => boss.fail(job.kind, attemptOf(job), failure)),
    bury: (job, failure) => ended(job, () => table.bury(job.kind, attemptOf(job), failure)),
    release: (job) => ended(job, () => table.release(job.kind, attemptOf(job))),
    list: (query) => table.list(query),
    counts: () => table.counts(),
    revive: (id) => table.revive(id),
    remove: (id) => table.remove(id),
  };
  return { name: "pg-boss", lease, ...withStoreErrors("PostgreSQL", store), close };
}

/** A UUID that stands for a text. */
function uuidOf(text: string): string {
  const hex = sha256Hex(text);
  return [8, 12, 16, 20, 32].map((end, index, ends) => hex.slice(ends[index - 1] ?? 0, end)).join("-");
}
