import type { Logger } from "../../core/logger.ts";
import type { Connection } from "./driver.ts";
import { pause } from "./retry.ts";
import { createWriter } from "./writer.ts";
import {
  stepsOf,
  type WriteArguments,
  type WriteName,
  type WriteRequest,
  type WriteResult,
  weightOf,
} from "./writes.ts";
import { NoThread, type WritingThread } from "./writing-thread.ts";

/** Writes to a file without holding the event loop. */
export interface Writing {
  /** Resolves when the write is durable. Writes are done in the order they were asked for. */
  write<Name extends WriteName>(name: Name, ...parameters: WriteArguments<Name>): Promise<WriteResult<Name>>;
  /** Resolves when no transaction is open on the connection. */
  outsideTransaction(): Promise<void>;
  /** Ends what was begun. */
  close(): Promise<void>;
}

export interface WritingOptions {
  readonly path: string;
  /** How long a write waits for other processes, in milliseconds. */
  readonly busyTimeoutMs: number;
  readonly logger: Logger;
  /** Null where only this thread can write: an in-memory database belongs to its connection. */
  readonly thread: WritingThread | null;
}

/** A write that changes more rows holds the event loop for more than some milliseconds. */
const LIGHT = 16;

/** While commits of small writes take longer on average, in milliseconds, they are left to the thread: the disk is slow. */
const SLOW_COMMIT = 8;

/** The weight of the last commit in the average: one that had to wait does not count for much. */
const LAST_COMMIT = 1 / 8;

/** Rows after which the log is copied into the file: the more at once, the more often they have changed the same page. */
const CHECKPOINT = 256;

/** With more rows in the log, closing, which copies it, would hold the event loop. */
const LEFT_TO_CLOSING = 100;

/** So often it is tried to empty the log. */
const CUTS = 50;

/** SQLite's own way of copying the log, within a commit, for want of a thread: after so many pages, its default. */
const AUTOMATIC_CHECKPOINT = 1000;

/**
 * Small writes are done on this thread while commits are quick, since handing one over takes as long as the write itself;
 * large ones, and what comes meanwhile, on the other thread. Only ever one of the two writes.
 */
export function createWriting(connection: Connection, options: WritingOptions): Writing {
  const { path, logger } = options;
  let { thread } = options;
  let usualCommit = 0;
  /** How many writes the thread has, or is about to get. */
  let sent = 0;
  let turn: Promise<void> = Promise.resolve();
  /** Rows in the log. */
  let rows = 0;
  let copying: Promise<void> | undefined;
  let cutting: Promise<void> = Promise.resolve();
  const here = createWriter(connection, {
    path,
    deadlineMs: options.busyTimeoutMs,
    logger,
    onCommit: learnCommit,
  });
  connection.exec(`PRAGMA wal_autocheckpoint = ${thread ? 0 : AUTOMATIC_CHECKPOINT}`);

  /** Asks the thread, after all that was begun before; does `otherwise` when there cannot be a thread. */
  async function there<Result>(
    ask: (other: WritingThread) => Promise<Result>,
    otherwise: () => Promise<Result>,
  ): Promise<Result> {
    sent++;
    turn = turn.then(() => here.drained());
    try {
      await turn;
      if (thread === null) return await otherwise();
      return await ask(thread);
    } catch (error) {
      if (!(error instanceof NoThread)) throw error;
      giveUpThread(error);
      return await otherwise();
    } finally {
      sent--;
    }
  }

  function learnCommit(duration: number): void {
    usualCommit += (duration - usualCommit) * LAST_COMMIT;
  }

  function giveUpThread(error: NoThread): void {
    if (thread === null) return;
    thread = null;
    connection.exec(`PRAGMA wal_autocheckpoint = ${AUTOMATIC_CHECKPOINT}`);
    logger.warn({ error, path }, "there is no thread for large writes: they will hold the event loop");
  }

  function run(request: WriteRequest, weight: number): Promise<unknown> {
    const writeHere = () => here.write((writer) => stepsOf(request, writer));
    const isLight = weight <= LIGHT;
    if (thread === null || (isLight && usualCommit <= SLOW_COMMIT && sent === 0)) return writeHere();
    return there(async (other) => {
      const result = await other.write(request);
      if (isLight) learnCommit(other.lastCommit);
      return result;
    }, writeHere);
  }

  /** Copies the log into the file: most of it while writes go on, the rest while they wait, so that the log begins anew. */
  async function copyLog(): Promise<void> {
    rows = 0;
    try {
      await thread?.checkpoint();
      await there(
        (other) => other.checkpoint(),
        async () => {},
      );
    } catch (error) {
      if (error instanceof NoThread) giveUpThread(error);
      else
        logger.warn(
          { error, path },
          "the log could not be copied into the file; the next time makes up for it",
        );
    }
    copying = undefined;
  }

  /** Empties the log, in which what was erased can still be read. Who reads or writes at the moment is waited for a while. */
  async function cutLog(): Promise<void> {
    try {
      for (let tries = 0; tries < CUTS; tries++) {
        await copying;
        await thread?.answered();
        const cut = async () =>
          connection.get<{ busy: number }>("PRAGMA wal_checkpoint(TRUNCATE)")?.busy === 0;
        if (await there(cut, cut)) return;
        await pause(tries);
      }
      logger.info({ path }, "the log was in use, so what was erased stays in it until it is written over");
    } catch (error) {
      logger.warn({ error, path }, "what was erased stays in the log until it is written over");
    }
  }

  return {
    async write(name, ...parameters) {
      const request = { name, parameters };
      const weight = weightOf(request);
      const result = await run(request, weight);
      rows += Math.min(weight, CHECKPOINT);
      if (thread !== null && rows >= CHECKPOINT) copying ??= copyLog();
      if (name === "eraseRecords") {
        cutting = cutting.then(cutLog);
        await cutting;
      }
      return result as WriteResult<typeof name>;
    },
    outsideTransaction: () => here.outsideTransaction(),
    async close() {
      await turn;
      await thread?.answered();
      await here.drained();
      if (rows > LEFT_TO_CLOSING) copying ??= copyLog();
      await copying;
      await cutting;
      await thread?.close();
    },
  };
}
