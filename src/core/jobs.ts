import type { JsonValue } from "./json.ts";
import type { Instant, InstantInput } from "./time.ts";

/**
 * Work to do later. A job runs at least once: after a crash in the middle it runs again, so its handler must be able to
 * find half of its work done.
 */
export interface NewJob {
  /** What is to be done: lower-case words joined by hyphens, the name of a handler. */
  readonly kind: string;
  /** What the handler is given: a JSON value. Default null. */
  readonly payload?: JsonValue;
  /** Of the jobs of one kind and tenant with the same key, one waits or runs; a dead letter holds no key. Default: none. */
  readonly key?: string;
  /** Whose work it is. Default `default`. */
  readonly tenant?: string;
  /** Not before this instant. Default: as soon as possible. */
  readonly runAt?: InstantInput;
  /** How often it is started at most, 1 to 100, before it becomes a dead letter. Default 5. */
  readonly maxAttempts?: number;
  /** -100 to 100, higher ones first. Default 0. */
  readonly priority?: number;
}

/** `waiting`: due. `delayed`: due later, a retry for example. `running`: a worker has it. `dead`: it failed for good. */
export type JobState = "waiting" | "delayed" | "running" | "dead";

export const JOB_STATES: readonly JobState[] = ["waiting", "delayed", "running", "dead"];

/** How an attempt failed, without credentials. */
export interface JobFailure {
  /** A code of the errors of this package; `internal` for errors of anybody else. */
  readonly code: string;
  /** The error as a sentence. */
  readonly message: string;
  readonly at: Instant;
}

/** A job as it stands. */
export interface Job {
  readonly id: string;
  readonly kind: string;
  readonly payload: JsonValue;
  readonly key: string | null;
  readonly tenant: string;
  readonly priority: number;
  readonly state: JobState;
  /** How often it was started. */
  readonly attempts: number;
  readonly maxAttempts: number;
  readonly createdAt: Instant;
  /** When it is due. */
  readonly runAt: Instant;
  /** How the last attempt failed. */
  readonly failure: JobFailure | null;
}

/** A job that a handler is working on. */
export interface RunningJob extends Omit<Job, "state"> {
  /**
   * Fires when the worker is asked to stop, or has lost the job to another one. Long work ends then by throwing
   * `signal.reason`: the job goes back without counting the attempt.
   */
  readonly signal: AbortSignal;
}

/**
 * Does one job: resolves when it is done; whatever it throws is a failed attempt. A ValidationError makes a dead letter at
 * once, since trying again cannot help.
 */
export type JobHandler = (job: RunningJob) => Promise<unknown>;

/** What is done from time to time: one run per tick, however many workers there are. */
export interface Schedule {
  /** Workers that name the same schedule share its ticks. */
  readonly name: string;
  readonly kind: string;
  readonly payload?: JsonValue;
  /** Whole seconds from one tick to the next; ticks are multiples of it since 1970. Either this or `cron`. */
  readonly every?: number;
  /** A cron expression in UTC, with five fields or six, the first then being seconds. */
  readonly cron?: string;
}

/** How a worker works. */
export interface WorkOptions {
  /** Jobs done side by side, 1 to 1000. Default 1. */
  readonly concurrency?: number;
  /** What this worker starts by itself. A tick that nobody has run since is made up for, once. */
  readonly schedules?: readonly Schedule[];
}

/** How workers are stopped. */
export interface StopOptions {
  /** Milliseconds that running jobs have to end; what runs on then goes back. Default 10,000. */
  readonly grace?: number;
}

/** Takes jobs and does them until it is stopped. */
export interface JobWorker {
  /** Takes no more jobs, tells the running ones, and waits for them within the grace period. */
  stop(options?: StopOptions): Promise<void>;
}

/** Which jobs are listed. */
export interface JobQuery {
  /** Default `dead`. */
  readonly state?: JobState;
  /** Default: every kind. */
  readonly kind?: string;
  /** 1 to 1000. Default 100. */
  readonly limit?: number;
  /** Where the previous page ended. */
  readonly cursor?: string;
}

/** A page of jobs; `cursor` leads to the next one. */
export interface JobPage {
  /** Kind by kind. */
  readonly jobs: Job[];
  /** Give it to the next call; null on the last page. */
  readonly cursor: string | null;
}

/** How many jobs of a kind there are in each state. */
export interface JobCounts extends Readonly<Record<JobState, number>> {
  readonly kind: string;
}

/** What can be seen of jobs, and done about those that failed: by whoever has the queue, and through a server. */
export interface JobOverview {
  list(query?: JobQuery): Promise<JobPage>;
  /** Of every kind that has jobs, by kind. */
  counts(): Promise<JobCounts[]>;
  /** Makes a dead letter wait again, with all its attempts; gives whether there was one with this id. */
  retry(id: string): Promise<boolean>;
  /** Removes a job that is not running; gives whether there was one with this id. */
  discard(id: string): Promise<boolean>;
}

/**
 * Background work: durable, retried with growing pauses, and visible when it failed for good.
 *
 * Every method throws `store_closed` after `close`, ValidationError for bad input, StoreError when the engine fails.
 */
export interface JobQueue extends JobOverview {
  /** Names the engine, for example `sqlite`. */
  readonly name: string;
  /** Stores a job and gives its id; with a key that a waiting or running job has, does nothing and gives that one's id. */
  enqueue(job: NewJob): Promise<string>;
  /** Does jobs of the kinds that have a handler. May be called several times. */
  work(handlers: Readonly<Record<string, JobHandler>>, options?: WorkOptions): JobWorker;
  /** Stops every worker, see `JobWorker.stop`, and lets go of the engine. */
  close(options?: StopOptions): Promise<void>;
}
