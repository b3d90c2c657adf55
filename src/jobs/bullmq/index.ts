import type { Job as BullJob, Queue } from "bullmq";
import { sha256Hex } from "../../core/content-hash.ts";
import { withStoreErrors } from "../../core/job-errors.ts";
import type { JobStore, StoredJob, TakenJob } from "../../core/job-store.ts";
import type { JobCounts } from "../../core/jobs.ts";
import { type Logger, silentLogger } from "../../core/logger.ts";
import { toMilliseconds } from "../../core/time.ts";
import { contentOf, dataOf, jobOf, type Kept, sentenceOf } from "./content.ts";
import { KINDS_OF_LIST, listJobs } from "./listing.ts";
import { openQueues, type Queues, type TlsFiles } from "./queues.ts";

/** Where BullMQ keeps the jobs, and how. */
export interface BullmqJobStoreOptions {
  /** `redis://…` or `rediss://…`, with the options of a store's URL, of which `prefix` and those of TLS matter; Redis 6.2 or later, Valkey too. */
  readonly url: string;
  /**
   * What the keys begin with. Braces keep all of them in one slot of a cluster. Default `{memory:jobs}`, with the prefix of
   * the URL in place of `memory`.
   */
  readonly prefix?: string;
  /** Milliseconds a worker may be silent before its jobs are taken from it. Default 30,000. */
  readonly lease?: number;
  readonly logger?: Logger;
}

/**
 * Keeps jobs in Redis with BullMQ, one queue for each kind, so that its tools and dashboards show them. Goes by Redis's
 * clock and this machine's.
 *
 * @throws ValidationError when the packages `bullmq` and `redis` are not there, StoreError when Redis does not answer.
 */
export async function openBullmqJobStore(options: BullmqJobStoreOptions): Promise<JobStore> {
  const { lease = 30_000, logger = silentLogger } = options;
  const { prefix, ...address } = readAddress(options.url);
  const queues = await openQueues({ ...address, prefix: options.prefix ?? prefix, lease, logger });
  return storeOn(queues, lease);
}

function storeOn(queues: Queues, lease: number): JobStore {
  /** Jobs that this handle has taken, by id and lease. */
  const taken = new Map<string, BullJob<Kept>>();
  const nameOf = (job: TakenJob) => `${job.id} ${job.lease}`;

  /** Does something with a job that still belongs to its taker; a job that is lost is left alone. */
  async function ofTaker(job: TakenJob, work: (bull: BullJob<Kept>) => Promise<unknown>): Promise<boolean> {
    const bull = taken.get(nameOf(job));
    if (!bull) return false;
    try {
      await work(bull);
      return true;
    } catch (error) {
      if (isLost(error)) return false;
      throw error;
    }
  }

  async function ended(job: TakenJob, work: (bull: BullJob<Kept>) => Promise<unknown>): Promise<void> {
    await ofTaker(job, work);
    taken.delete(nameOf(job));
  }

  async function add(job: StoredJob, options: object = {}): Promise<string> {
    const queue = await queues.queue(job.kind);
    const bull = await queue.add(job.kind, dataOf(job), {
      jobId: idFor(job.id),
      priority: 101 - job.priority,
      delay: Math.max(0, toMilliseconds(job.runAt) - Date.now()),
      ...(job.key !== null && { deduplication: { id: keyOf(job.tenant, job.key) } }),
      // Attempts are the queue's own to count.
      attempts: Number.MAX_SAFE_INTEGER,
      removeOnComplete: true,
      ...options,
    });
    return bull.id ?? job.id;
  }

  /** Takes one job of a kind. */
  async function takeOne(kind: string, token: string): Promise<TakenJob | null> {
    const worker = await queues.worker(kind);
    for (;;) {
      const bull = (await worker.getNextJob(token, { block: false })) as BullJob<Kept> | undefined;
      if (!bull) return null;
      const { state: _, ...job } = jobOf(bull, "running");
      if (job.attempts <= job.maxAttempts) {
        const mine = { ...job, lease: token };
        taken.set(nameOf(mine), bull);
        return mine;
      }
      await bury(bull, token, { code: "timed_out", message: "Its worker died in the last attempt." });
    }
  }

  async function bury(bull: BullJob<Kept>, token: string, failure: { code: string; message: string }) {
    const error = Object.assign(new Error(sentenceOf(failure)), { name: "UnrecoverableError" });
    await bull.moveToFailed(error, token, false);
  }

  /** The job with this id, whatever its kind. */
  async function find(id: string): Promise<{ queue: Queue<Kept>; bull: BullJob<Kept> } | null> {
    for (const kind of await queues.kinds()) {
      const queue = await queues.queue(kind);
      const bull = await queue.getJob(id);
      if (bull) return { queue, bull };
    }
    return null;
  }

  const store: Omit<JobStore, "name" | "lease" | "close"> = {
    add: (job) => add(job),
    async addTick({ schedule, at, next }, job) {
      // The finished job stays for longer than its tick, and its id keeps others from doing the tick again.
      const age = Math.ceil((toMilliseconds(next) - toMilliseconds(at)) / 1000) * 2 + 3600;
      const id = `tick-${sha256Hex(JSON.stringify([schedule, at])).slice(0, 32)}`;
      await add({ ...job, id }, { removeOnComplete: { age } });
    },
    async take({ kinds, lease: token, limit }) {
      const jobs: TakenJob[] = [];
      for (const kind of kinds)
        while (jobs.length < limit) {
          const job = await takeOne(kind, `${token} ${jobs.length}`);
          if (!job) break;
          jobs.push(job);
        }
      return jobs;
    },
    async extend(jobs) {
      const lost: string[] = [];
      for (const job of jobs)
        if (!(await ofTaker(job, (bull) => bull.extendLock(job.lease, lease)))) lost.push(job.id);
      return lost;
    },
    finish: (job) => ended(job, (bull) => bull.moveToCompleted(null, job.lease, false)),
    retryAt: (job, runAt, failure) =>
      ended(job, async (bull) => {
        await bull.moveToDelayed(toMilliseconds(runAt), job.lease);
        await bull.updateData({ ...bull.data, failure });
      }),
    bury: (job, failure) => ended(job, (bull) => bury(bull, job.lease, failure)),
    release: (job) =>
      ended(job, async (bull) => {
        await bull.updateData({ ...bull.data, returned: bull.data.returned + 1 });
        await bull.moveToWait(job.lease);
      }),
    async list(query) {
      const known = await queues.kinds();
      const kinds = query.kind === null ? known : known.filter((kind) => kind === query.kind);
      return listJobs((kind) => queues.queue(kind), kinds, query);
    },
    async counts() {
      const counts: JobCounts[] = [];
      for (const kind of await queues.kinds()) {
        const of = await (await queues.queue(kind)).getJobCounts(...Object.values(KINDS_OF_LIST).flat());
        const sum = (state: keyof typeof KINDS_OF_LIST) =>
          KINDS_OF_LIST[state].reduce((total, list) => total + (of[list] ?? 0), 0);
        const states = {
          waiting: sum("waiting"),
          delayed: sum("delayed"),
          running: sum("running"),
          dead: sum("dead"),
        };
        if (Object.values(states).some((count) => count > 0)) counts.push({ kind, ...states });
      }
      return counts;
    },
    async revive(id) {
      const found = await find(id);
      if (!found || (await found.bull.getState()) !== "failed") return false;
      const { queue, bull } = found;
      const { tenant, key } = contentOf(bull);
      const name = key === null ? null : keyOf(tenant, key);
      const rival = name === null ? null : await queue.getDeduplicationJobId(name);
      if (rival !== null && rival !== id) await bull.remove();
      else {
        await bull.updateData({ ...bull.data, returned: 0 });
        await bull.retry("failed", { resetAttemptsMade: true, resetAttemptsStarted: true });
        if (name !== null) await queues.hold(queue.toKey(`de:${name}`), id);
      }
      return true;
    },
    async remove(id) {
      const found = await find(id);
      if (!found || (await found.bull.getState()) === "active") return false;
      await found.bull.remove();
      return true;
    },
  };

  return {
    name: "bullmq",
    lease,
    ...withStoreErrors("Redis", store),
    close: () => queues.close(),
  };
}

/** A store's URL without the options that are the store's own, and where its jobs are. */
function readAddress(url: string): { readonly url: string; readonly prefix: string; readonly tls: TlsFiles } {
  const [address = "", text = ""] = url.split("?", 2);
  const query = new URLSearchParams(text);
  const files = (["ca", "cert", "key"] as const).flatMap((name) => {
    const path = query.get(name);
    return path === null ? [] : [[name, path] as const];
  });
  return {
    url: address,
    prefix: `{${query.get("prefix") ?? "memory"}:jobs}`,
    tls: Object.fromEntries(files),
  };
}

/** A job's id as BullMQ takes it: no colon, and not only digits. */
function idFor(id: string): string {
  const plain = id.replaceAll(":", "-");
  return /^\d+$/.test(plain) ? `job-${plain}` : plain;
}

/** One name for a key of a tenant, whatever is in it. */
function keyOf(tenant: string, key: string): string {
  return sha256Hex(JSON.stringify([tenant, key]));
}

/** BullMQ's codes for a job that is gone, or that another worker has, see its `ErrorCode`. */
const LOST = new Set<unknown>([-1, -2, -3, -6]);

function isLost(error: unknown): boolean {
  return error instanceof Error && "code" in error && LOST.has(error.code);
}
