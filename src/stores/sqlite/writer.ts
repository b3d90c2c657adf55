import { setImmediate as nextTurn } from "node:timers/promises";
import type { Logger } from "../../core/logger.ts";
import type { Connection } from "./driver.ts";
import { busyFailure, isBusy } from "./failures.ts";
import { pause } from "./retry.ts";

/** One write as steps: between two of them the event loop may run, the transaction staying open. */
export type Steps<Result> = Generator<void, Result, void>;

/** Runs writes one after the other on the one connection that writes. */
export interface Writer {
  /** Resolves when the work is committed; rejects when it was undone, whatever became of writes beside it. */
  write<Result>(work: (connection: Connection) => Steps<Result>): Promise<Result>;
  /** Resolves when no transaction is open. */
  outsideTransaction(): Promise<void>;
  /** Resolves when nothing is left to write. */
  drained(): Promise<void>;
}

interface WriterOptions {
  readonly path: string;
  /** How long a write waits for other processes, in milliseconds. */
  readonly deadlineMs: number;
  readonly logger: Logger;
  /** Told how long a commit took, in milliseconds. */
  readonly onCommit?: (duration: number) => void;
}

interface Job {
  readonly queuedAt: number;
  readonly steps: (connection: Connection) => Steps<unknown>;
  readonly resolve: (result: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/** How the writes of a group are run: `apart`, one that fails leaves the others as they are. */
type Mode = "together" | "apart";

/** How long one write may hold the event loop before others get a turn, in milliseconds. */
const LONGEST_TURN = 8;

/** A transaction takes no more writes after this time, in milliseconds: the first ones wait for their commit. */
const LONGEST_GROUP = 40;

/**
 * Group commit: writes that come while others are being written or committed share the next transaction, and so its one
 * sync of the disk. When one of several fails, they are run again, each in a savepoint of its own, so that it fails alone.
 * Not at once: SQLite copies every page that a savepoint changes into a temporary file.
 */
export function createWriter(connection: Connection, options: WriterOptions): Writer {
  const queue: Job[] = [];
  let draining: Promise<void> | undefined;
  let transaction: Promise<Mode> | undefined;

  async function drain(): Promise<void> {
    let mode: Mode = "together";
    while (queue.length > 0) {
      // Whoever is about to write in this turn of the event loop joins the group.
      await nextTurn();
      if (!(await begin())) continue;
      transaction = runGroup(mode);
      mode = await transaction;
      transaction = undefined;
    }
    draining = undefined;
  }

  /** Takes the write lock; false when no write is left that would still wait for it. */
  async function begin(): Promise<boolean> {
    for (let tries = 0; queue.length > 0; tries++) {
      try {
        connection.run("BEGIN IMMEDIATE");
        return true;
      } catch (error) {
        giveUp(error);
        await pause(tries);
      }
    }
    return false;
  }

  /** Rejects the writes that have waited for too long, or all of them when waiting does not help. */
  function giveUp(error: unknown): void {
    const now = performance.now();
    for (const job of queue.splice(0)) {
      const waited = now - job.queuedAt;
      if (!isBusy(error)) job.reject(error);
      else if (waited >= options.deadlineMs) job.reject(busyFailure(options.path, waited, error));
      else queue.push(job);
    }
  }

  /** Runs what is queued in one transaction; gives how to run the next. */
  async function runGroup(mode: Mode): Promise<Mode> {
    const started = performance.now();
    const elapsed = () => performance.now() - started;
    const group: Job[] = [];
    const settle: (() => void)[] = [];
    try {
      for (let job = queue.shift(); job; job = elapsed() < LONGEST_GROUP ? queue.shift() : undefined) {
        group.push(job);
        settle.push(await (mode === "apart" ? runApart(job) : runJob(job)));
      }
      const committing = performance.now();
      connection.run("COMMIT");
      options.onCommit?.(performance.now() - committing);
    } catch (error) {
      rollBack();
      // At the commit nobody knows whose fault it was.
      if (mode === "together" && group.length > 1 && settle.length < group.length) {
        queue.unshift(...group);
        return "apart";
      }
      for (const job of group) job.reject(error);
      return "together";
    }
    for (const step of settle) step();
    return "together";
  }

  function rollBack(): void {
    try {
      if (connection.inTransaction) connection.run("ROLLBACK");
    } catch (error) {
      // The next write fails at its beginning and says so to its caller.
      options.logger.error({ error, path: options.path }, "a failed transaction could not be rolled back");
    }
  }

  /** Runs one write; gives what tells its caller, for after the commit. */
  async function runJob(job: Job): Promise<() => void> {
    const result = await runSteps(job.steps(connection));
    return () => job.resolve(result);
  }

  /** Runs one write so that it is undone alone when it fails. */
  async function runApart(job: Job): Promise<() => void> {
    connection.run("SAVEPOINT job");
    try {
      const settle = await runJob(job);
      connection.run("RELEASE job");
      return settle;
    } catch (error) {
      // After a full disk, for example, SQLite has undone the whole transaction by itself.
      if (!connection.inTransaction) throw error;
      connection.run("ROLLBACK TO job");
      connection.run("RELEASE job");
      return () => job.reject(error);
    }
  }

  return {
    write: <Result>(steps: (connection: Connection) => Steps<Result>) =>
      new Promise<Result>((resolve, reject) => {
        queue.push({ queuedAt: performance.now(), steps, resolve: resolve as Job["resolve"], reject });
        draining ??= drain();
      }),
    async outsideTransaction() {
      while (transaction !== undefined) await transaction;
    },
    async drained() {
      while (draining !== undefined) await draining;
    },
  };
}

async function runSteps<Result>(steps: Steps<Result>): Promise<Result> {
  let turnEnd = performance.now() + LONGEST_TURN;
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    if (performance.now() < turnEnd) continue;
    await nextTurn();
    turnEnd = performance.now() + LONGEST_TURN;
  }
}

/** Work that is quick enough for one step. */
export function inOneStep<Parameters extends unknown[], Result>(
  work: (connection: Connection, ...parameters: Parameters) => Result,
): (connection: Connection, ...parameters: Parameters) => Steps<Result> {
  // biome-ignore lint/correctness/useYield: there is nowhere to pause in one step
  return function* (connection, ...parameters) {
    return work(connection, ...parameters);
  };
}
