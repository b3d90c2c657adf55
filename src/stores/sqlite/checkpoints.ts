import { once } from "node:events";
import { Worker } from "node:worker_threads";

/** Copies what was committed from the log into the file, on a thread of its own. */
export interface Checkpoints {
  /** Resolves when everything is copied that no reader keeps in the log. */
  run(): Promise<void>;
  /** Ends the thread. No other call may be under way. */
  close(): Promise<void>;
}

/** How long the thread waits for the next large write, in milliseconds: starting one takes longer than most checkpoints. */
const IDLE = 5_000;

/** Text and not a file, so that it is there however the package is bundled. */
const THREAD = `
  const { parentPort, workerData } = require("node:worker_threads");
  const { DatabaseSync } = require("node:sqlite");
  const database = new DatabaseSync(workerData);
  parentPort.on("message", (message) => {
    if (message === "end") {
      database.close();
      parentPort.close();
      return;
    }
    let failure = null;
    try {
      database.exec("PRAGMA wal_checkpoint(PASSIVE)");
    } catch (error) {
      failure = error.message;
    }
    parentPort.postMessage(failure);
  });
`;

/** Starts the thread when it is first needed. */
export function createCheckpoints(path: string): Checkpoints {
  let thread: Worker | null = null;
  let idle: NodeJS.Timeout | undefined;

  async function close(): Promise<void> {
    clearTimeout(idle);
    const last = thread;
    thread = null;
    if (!last) return;
    last.ref();
    last.postMessage("end");
    await once(last, "exit");
  }

  /** What the thread answers; a thread that cannot even begin is given up. */
  async function answerOf(running: Worker): Promise<string | null> {
    try {
      const [failure] = (await once(running, "message")) as [string | null];
      return failure;
    } catch (error) {
      thread = null;
      throw error;
    }
  }

  return {
    async run() {
      clearTimeout(idle);
      thread ??= new Worker(THREAD, { eval: true, workerData: path });
      const running = thread;
      // A program that waits for a checkpoint must not end; one that has nothing else to do must be able to.
      running.ref();
      running.postMessage("checkpoint");
      const failure = await answerOf(running);
      running.unref();
      // A thread that fails while it ends is gone all the same.
      idle = setTimeout(() => close().catch(() => undefined), IDLE);
      idle.unref();
      if (failure !== null) throw new Error(failure);
    },
    close,
  };
}
