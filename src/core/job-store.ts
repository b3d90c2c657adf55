import type { Job, JobCounts, JobFailure, JobState } from "./jobs.ts";
import type { Instant } from "./time.ts";

/** A job as it is first stored. */
export type StoredJob = Omit<Job, "state" | "attempts" | "failure">;

/** A job that a worker has taken. `lease` is the store's own way to tell this taking from others of the same job. */
export interface TakenJob extends Omit<Job, "state"> {
  readonly lease: string;
}

/** Which jobs a worker takes. */
export interface TakeQuery {
  /** What the worker has handlers for. */
  readonly kinds: readonly string[];
  /** Names the taker: different for each call. */
  readonly lease: string;
  readonly limit: number;
  readonly now: Instant;
  /** Until then the jobs belong to the taker, unless it extends. */
  readonly until: Instant;
}

/**
 * Where a `JobQueue` keeps its jobs: an engine behind the port. The queue on top has workers, retries and schedules; a
 * store is atomic and durable, over all handles and processes. Stores have no clock but may go by their server's.
 */
export interface JobStore {
  /** Names the engine, for example `sqlite`. */
  readonly name: string;
  /** Milliseconds after which a job is taken from a worker that gives no sign of life. */
  readonly lease: number;

  /**
   * Keeps a job, durable when the promise resolves. When a job of the same kind, tenant and key waits or runs, keeps
   * nothing. Stores may give ids of their own.
   * @returns the id of the job, or of the one that was there.
   */
  add(job: StoredJob): Promise<string>;

  /** Adds a job for a tick of a schedule, unless that tick or a later one was added before. */
  addTick(
    tick: { readonly schedule: string; readonly at: Instant; readonly next: Instant },
    job: StoredJob,
  ): Promise<void>;

  /**
   * Takes jobs that are due, or whose worker has died: higher priority first, then by time due, then in the order they
   * came. Counts the attempt. Dead letters are made of those whose worker has died in their last attempt.
   */
  take(query: TakeQuery): Promise<TakenJob[]>;

  /** Keeps jobs for longer; gives the ids of those that are lost: taken by another, or gone. */
  extend(jobs: readonly TakenJob[], until: Instant): Promise<string[]>;

  /** Removes a job that is done. Does nothing, like the three below, when the job is lost. */
  finish(job: TakenJob): Promise<void>;
  /** Lets a failed job wait again. Stores that have a backoff of their own need not obey `runAt`. */
  retryAt(job: TakenJob, runAt: Instant, failure: JobFailure): Promise<void>;
  /** Makes a dead letter of a job. */
  bury(job: TakenJob, failure: JobFailure): Promise<void>;
  /** Gives a job back as if it had not been taken. */
  release(job: TakenJob): Promise<void>;

  /** Jobs in one state, kind by kind, in an order of the store's own. `after` is a cursor of a page before. */
  list(query: {
    readonly state: JobState;
    readonly kind: string | null;
    readonly limit: number;
    readonly after: string | null;
    readonly now: Instant;
  }): Promise<{ readonly jobs: Job[]; readonly cursor: string | null }>;
  /** By kind, without kinds that have none. */
  counts(now: Instant): Promise<JobCounts[]>;
  /**
   * Makes a dead letter wait again, its attempts counted anew. When another job has taken its key meanwhile, the dead
   * letter goes and that one stands for it. Gives whether there was a dead letter with this id.
   */
  revive(id: string, now: Instant): Promise<boolean>;
  /** Removes a job that is not running; gives whether there was one. */
  remove(id: string): Promise<boolean>;
  close(): Promise<void>;
}
