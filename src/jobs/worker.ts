import { ValidationError } from "../core/errors.ts";
import type { TakenJob } from "../core/job-store.ts";
import type { JobHandler, JobWorker, Schedule, StopOptions, WorkOptions } from "../core/jobs.ts";
import { formatMilliseconds, type Instant } from "../core/time.ts";
import { pauseAfter } from "./backoff.ts";
import { between, checkJob, checkKind } from "./check.ts";
import { failureOf, isFinal } from "./failure.ts";
import type { QueueParts } from "./queue-parts.ts";
import { type Ticks, ticksOf } from "./ticks.ts";

/** Milliseconds that running jobs have to end when nothing else is said. */
const GRACE = 10_000;

/** Milliseconds between two looks when nothing else is said. */
const POLL = 1000;

/** After what part of its lease a worker gives a sign of life. */
const HEARTBEAT = 1 / 3;

/** The reason of a signal that asks a job to end. */
class WorkerStopped extends Error {
  constructor() {
    super("The worker is stopping.");
    this.name = "AbortError";
  }
}

interface Running {
  readonly job: TakenJob;
  readonly controller: AbortController;
  readonly ended: Promise<void>;
}

interface Ticking {
  readonly schedule: Schedule;
  readonly ticks: Ticks;
  /** The last tick this worker has seen to. */
  seen: number;
}

/** The loop of one worker: ticks, signs of life, new jobs; then it waits for the next look. */
export class QueueWorker implements JobWorker {
  readonly #parts: QueueParts;
  readonly #handlers: ReadonlyMap<string, JobHandler>;
  readonly #concurrency: number;
  readonly #schedules: readonly Ticking[];
  readonly #onStopped: () => void;
  readonly #poll: number;
  readonly #running = new Map<string, Running>();
  #extendedAt: number;
  #stopping: Promise<void> | null = null;
  #looping: Promise<void> = Promise.resolve();
  /** Ends the pause between two looks. */
  #wake: () => void = () => {};
  #again = false;

  constructor(
    parts: QueueParts,
    handlers: Readonly<Record<string, JobHandler>>,
    { concurrency = 1, schedules = [] }: WorkOptions,
    onStopped: () => void,
  ) {
    this.#parts = parts;
    this.#handlers = new Map(Object.entries(handlers));
    for (const kind of this.#handlers.keys()) checkKind(kind, "handlers");
    this.#concurrency = between(concurrency, "concurrency", 1, 1000);
    this.#schedules = schedules.map((schedule) => {
      if (!this.#handlers.has(schedule.kind))
        throw ValidationError.of("schedules.kind", "has no handler here", schedule.kind);
      return { schedule, ticks: ticksOf(schedule), seen: Number.NEGATIVE_INFINITY };
    });
    this.#onStopped = onStopped;
    this.#poll = parts.poll ?? POLL;
    this.#extendedAt = parts.clock.now();
  }

  start(): void {
    this.#looping = this.#loop();
  }

  /** Looks for jobs now instead of after the pause. */
  look(): void {
    this.#again = true;
    this.#wake();
  }

  stop(options: StopOptions = {}): Promise<void> {
    this.#stopping ??= this.#drain(options.grace ?? GRACE);
    this.#wake();
    return this.#stopping;
  }

  async #loop(): Promise<void> {
    while (this.#stopping === null) {
      this.#again = false;
      try {
        await this.#tick();
        await this.#giveSignOfLife();
        await this.#take();
      } catch (error) {
        this.#parts.logger.warn({ err: error }, "Jobs could not be looked for; the worker tries again");
      }
      if (!this.#again && this.#stopping === null) await this.#pause(this.#poll);
    }
  }

  async #tick(): Promise<void> {
    const now = this.#parts.clock.now();
    for (const ticking of this.#schedules) {
      const { at, next } = ticking.ticks(now);
      if (at <= ticking.seen) continue;
      const { name, kind, payload = null } = ticking.schedule;
      const [tick, after] = [formatMilliseconds(at), formatMilliseconds(next)];
      // With the schedule's name as its key, a run that takes longer than a tick has none beside it.
      const made = { id: this.#parts.ids.next(), now: this.#now() };
      const job = checkJob({ kind, payload, key: `schedule ${name}`, runAt: tick }, made);
      await this.#parts.store.addTick({ schedule: name, at: tick, next: after }, job);
      ticking.seen = at;
    }
  }

  async #giveSignOfLife(): Promise<void> {
    const { clock, store } = this.#parts;
    const now = clock.now();
    if (this.#running.size === 0 || now - this.#extendedAt < store.lease * HEARTBEAT) return;
    this.#extendedAt = now;
    const jobs = [...this.#running.values()].map(({ job }) => job);
    for (const id of await store.extend(jobs, formatMilliseconds(now + store.lease)))
      this.#running.get(id)?.controller.abort(new Error("Another worker has taken the job."));
  }

  async #take(): Promise<void> {
    const { clock, store, ids } = this.#parts;
    const limit = this.#concurrency - this.#running.size;
    if (limit <= 0 || this.#handlers.size === 0) return;
    const now = clock.now();
    if (this.#running.size === 0) this.#extendedAt = now;
    const jobs = await store.take({
      kinds: [...this.#handlers.keys()],
      lease: ids.next(),
      limit,
      now: formatMilliseconds(now),
      until: formatMilliseconds(now + store.lease),
    });
    for (const job of jobs) this.#run(job);
    // There may be more of them than were asked for.
    if (jobs.length === limit) this.#again = true;
  }

  #run(job: TakenJob): void {
    const controller = new AbortController();
    if (this.#stopping !== null) controller.abort(new WorkerStopped());
    const ended = this.#perform(job, controller.signal).finally(() => {
      this.#running.delete(job.id);
      this.look();
    });
    this.#running.set(job.id, { job, controller, ended });
  }

  /** Does one job and says so; never rejects. */
  async #perform(job: TakenJob, signal: AbortSignal): Promise<void> {
    const { store, clock, logger, random = Math.random } = this.#parts;
    const { lease: _, ...shown } = job;
    const about = { job: job.id, kind: job.kind, attempt: job.attempts };
    try {
      try {
        signal.throwIfAborted();
        await this.#handlers.get(job.kind)?.({ ...shown, signal });
      } catch (error) {
        if (signal.aborted && error === signal.reason) return await store.release(job);
        const failure = failureOf(error, this.#now());
        if (isFinal(error, job)) {
          await store.bury(job, failure);
          logger.error({ ...about, failure }, "A job failed for good; it is a dead letter now");
        } else {
          const runAt = clock.now() + pauseAfter(job.attempts, random);
          await store.retryAt(job, formatMilliseconds(runAt), failure);
          logger.warn({ ...about, failure }, "A job failed and will be tried again");
        }
        return;
      }
      await store.finish(job);
    } catch (error) {
      // Its lease runs out, and it is done again.
      logger.warn({ ...about, err: error }, "The outcome of a job could not be stored");
    }
  }

  async #drain(grace: number): Promise<void> {
    await this.#looping;
    const left = () => [...this.#running.values()];
    for (const { controller } of left()) controller.abort(new WorkerStopped());
    await this.#within(grace, Promise.all(left().map(({ ended }) => ended)));
    for (const { job } of left()) await this.#giveBack(job);
    this.#onStopped();
  }

  /** Gives back a job that goes on; never rejects, since whoever stops has more to close. */
  async #giveBack(job: TakenJob): Promise<void> {
    const { store, logger } = this.#parts;
    try {
      await store.release(job);
    } catch (error) {
      // Its lease runs out, and it is done again.
      logger.warn({ job: job.id, kind: job.kind, err: error }, "A job could not be given back");
    }
  }

  /** Waits for a promise, but not for longer than `grace`, giving signs of life meanwhile. */
  async #within(grace: number, promise: Promise<unknown>): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const deadline = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, grace);
    });
    const alive = setInterval(() => {
      this.#giveSignOfLife().catch((error: unknown) =>
        this.#parts.logger.warn({ err: error }, "A sign of life failed"),
      );
    }, this.#poll);
    await Promise.race([promise, deadline]);
    clearTimeout(timer);
    clearInterval(alive);
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      // A program that has nothing else to do must be able to end.
      (timer as { unref?: () => void }).unref?.();
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #now(): Instant {
    return formatMilliseconds(this.#parts.clock.now());
  }
}
