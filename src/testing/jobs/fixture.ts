import { vi } from "vitest";
import type { JobStore } from "../../core/job-store.ts";
import type { Job, JobHandler, JobQueue, JobState, NewJob, RunningJob } from "../../core/jobs.ts";
import { silentLogger } from "../../core/logger.ts";
import { toMilliseconds } from "../../core/time.ts";
import { createJobQueue } from "../../jobs/queue.ts";
import { START } from "../build.ts";

/** What a job store under test may lack. A lack is declared, and the suite then verifies what is left instead. */
export interface JobCapabilities {
  /** False: it goes by its server's clock instead of the instants it is given. Default true. */
  readonly clock: boolean;
}

/** A job store to verify, and how to get at it. */
export interface JobQueueSubject {
  /** Names the store in the output, for example `sqlite`. */
  readonly name: string;
  /** Opens a handle. Handles opened without a `reset` between them are on the same data. */
  open(): Promise<JobStore>;
  /** Removes all data. No handle is open while it runs. It runs before every test. */
  reset(): Promise<void>;
  readonly capabilities?: Partial<JobCapabilities>;
  /** Runs of each property test. Default 25. */
  readonly runs?: number;
  /** Milliseconds one test may take. Default 60000. */
  readonly timeout?: number;
}

/** So long may anything take that a test waits for, in milliseconds: longer than a lease of any engine. */
const PATIENCE = 45_000;

/** What a test of a job queue gets: a queue without jobs, its clock, and ways to open it again. */
export class JobFixture {
  readonly queue: JobQueue;
  /** Whether moving the clock moves the queue's time. */
  readonly moves: boolean;
  readonly runs: number;
  /** The store's lease in seconds. */
  readonly lease: number;
  readonly #subject: JobQueueSubject;
  readonly #handles: JobQueue[] = [];
  readonly #time = { now: toMilliseconds(START) };
  #ids = 0;

  private constructor(subject: JobQueueSubject, store: JobStore) {
    this.#subject = subject;
    this.moves = subject.capabilities?.clock !== false;
    this.runs = subject.runs ?? 25;
    this.lease = store.lease / 1000;
    this.queue = this.#queueOn(store);
  }

  static async run(subject: JobQueueSubject, run: (fixture: JobFixture) => Promise<void>): Promise<void> {
    await subject.reset();
    const fixture = new JobFixture(subject, await subject.open());
    try {
      await run(fixture);
    } finally {
      await fixture.#closeAll();
    }
  }

  /** Milliseconds since 1970 by the queue's clock. */
  get now(): number {
    return this.moves ? this.#time.now : Date.now();
  }

  /** Moves the queue's clock. */
  advance(seconds: number): void {
    this.#time.now += seconds * 1000;
  }

  /** One more queue on the same jobs. */
  async another(): Promise<JobQueue> {
    return this.#queueOn(await this.#subject.open());
  }

  /**
   * A queue whose process can be killed: from then on nothing it does reaches the store, until it is raised. `said` names
   * what has reached the store.
   */
  async doomed(): Promise<{ queue: JobQueue; said: string[]; kill(): void; raise(): void }> {
    const store = await this.#subject.open();
    const said: string[] = [];
    let dead = false;
    const mortal = new Proxy(store, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== "function" || name === "close") return member;
        return async (...given: unknown[]) => {
          // Whoever was killed waits for ever.
          if (dead) await new Promise(() => {});
          const answer: unknown = await (member as (...all: unknown[]) => unknown).apply(target, given);
          said.push(String(name));
          return answer;
        };
      },
    });
    const queue = this.#queueOn(mortal, false);
    // Only the connection is let go; the worker in it is as good as dead.
    this.#handles.push({ ...queue, close: () => store.close() });
    const set = (value: boolean) => () => {
      dead = value;
    };
    return { queue, said, kill: set(true), raise: set(false) };
  }

  /** Closes every queue and opens the jobs anew. */
  async reopen(): Promise<JobQueue> {
    await this.#closeAll();
    return this.another();
  }

  #queueOn(store: JobStore, closed = true): JobQueue {
    const queue = createJobQueue({
      store,
      clock: { now: () => this.now },
      ids: { next: () => `job-${String(++this.#ids).padStart(6, "0")}` },
      logger: silentLogger,
      poll: 10,
    });
    if (closed) this.#handles.push(queue);
    return queue;
  }

  async #closeAll(): Promise<void> {
    for (const handle of this.#handles.splice(0)) await handle.close({ grace: 0 });
  }
}

/** Waits until something holds, however long the machine takes for it. */
export function until(check: () => void | Promise<void>): Promise<void> {
  return vi.waitFor(check, { timeout: PATIENCE, interval: 10 });
}

/** A handler that notes what it was given. */
export function recorder(): { readonly seen: RunningJob[]; readonly handler: JobHandler } {
  const seen: RunningJob[] = [];
  return { seen, handler: async (job) => void seen.push(job) };
}

/** A handler that holds each job until it is let go. */
export function holder(): { readonly held: RunningJob[]; readonly handler: JobHandler; letGo(): void } {
  const held: RunningJob[] = [];
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return {
    held,
    handler: async (job) => {
      held.push(job);
      await opened;
    },
    letGo: () => open(),
  };
}

/** Enqueues jobs of one kind, one after another, each with its number as payload. */
export async function enqueueMany(queue: JobQueue, count: number, job: NewJob): Promise<string[]> {
  const ids: string[] = [];
  for (let number = 0; number < count; number++) ids.push(await queue.enqueue({ ...job, payload: number }));
  return ids;
}

/** All jobs in a state. */
export async function inState(queue: JobQueue, state: JobState): Promise<Job[]> {
  return (await queue.list({ state })).jobs;
}

/** Makes dead letters: enqueues jobs that fail in their only attempt. */
export async function makeDead(queue: JobQueue, jobs: readonly NewJob[]): Promise<string[]> {
  const ids: string[] = [];
  for (const job of jobs) ids.push(await queue.enqueue({ ...job, maxAttempts: 1 }));
  const fail: JobHandler = async () => {
    throw new Error("out of order");
  };
  const worker = queue.work(Object.fromEntries(jobs.map(({ kind }) => [kind, fail])), { concurrency: 4 });
  await until(async () => {
    const dead = new Set((await inState(queue, "dead")).map(({ id }) => id));
    if (!ids.every((id) => dead.has(id))) throw new Error("Not every job is dead yet");
  });
  await worker.stop();
  return ids;
}
