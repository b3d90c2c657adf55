import { setImmediate as nextTurn } from "node:timers/promises";
import type { Worker } from "node:worker_threads";
import { StoreError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import { type CarriedError, carriedError } from "./carried-error.ts";
import type { Durability } from "./connect.ts";
import { restThread, takeThread } from "./threads.ts";
import { splitParts, type WritePart, type WriteRequest } from "./writes.ts";

export interface ThreadOptions {
  readonly path: string;
  readonly durability: Durability;
  /** How long a write waits for other processes, in milliseconds. */
  readonly busyTimeoutMs: number;
}

export type ThreadRequest =
  | { readonly kind: "part"; readonly id: number; readonly part: WritePart }
  | { readonly kind: "write"; readonly id: number; readonly write: WriteRequest }
  | { readonly kind: "migrate" | "checkpoint"; readonly id: number }
  | { readonly kind: "open"; readonly options: ThreadOptions }
  | { readonly kind: "close" };

export type ThreadReply =
  | { readonly kind: "opened" | "closed" }
  | { readonly kind: "not-opened"; readonly error: CarriedError }
  /** `commit`: how long the last commit took, in milliseconds. */
  | { readonly kind: "done"; readonly id: number; readonly result: unknown; readonly commit: number }
  | { readonly kind: "refused"; readonly id: number; readonly error: CarriedError; readonly commit: number }
  /** Something failed that nobody waits for. */
  | { readonly kind: "failed"; readonly message: string; readonly error: CarriedError };

/** A thread cannot be started here, for example in a program that was bundled into one file. Nothing was done. */
export class NoThread extends Error {}

const WORKER = "write-worker";

/** How long the thread keeps the file open for more to do, in milliseconds. */
const IDLE = 5_000;

interface Waiting {
  readonly answer: Promise<unknown>;
  readonly resolve: (result: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/** A thread with a connection of its own that writes to the file; started when it is first needed. */
export class WritingThread {
  readonly #options: ThreadOptions;
  readonly #logger: Logger;
  readonly #waiting = new Map<number, Waiting>();
  #started: Promise<Worker> | null = null;
  #running: Worker | null = null;
  /** Ends the listening to the thread. */
  #release: () => void = () => undefined;
  #idle: NodeJS.Timeout | undefined;
  #lastId = 0;
  /** Requests are sent one after the other, whole. */
  #sending: Promise<unknown> = Promise.resolve();
  /** How long the last commit took, in milliseconds. */
  lastCommit = 0;

  constructor(options: ThreadOptions, logger: Logger) {
    this.#options = options;
    this.#logger = logger;
  }

  /** Resolves when the write is committed; writes are done in the order they were asked for. */
  write(request: WriteRequest): Promise<unknown> {
    const { rest, parts } = splitParts(request);
    return this.#ask(async (worker, id) => {
      for (const part of parts) {
        worker.postMessage({ kind: "part", id, part } satisfies ThreadRequest);
        if (parts.length > 1) await nextTurn();
      }
      worker.postMessage({ kind: "write", id, write: rest } satisfies ThreadRequest);
    });
  }

  /** Brings the schema up to date. */
  async migrate(): Promise<void> {
    await this.#askFor("migrate");
  }

  /** Copies everything that no reader keeps in the log into the file. */
  async checkpoint(): Promise<void> {
    await this.#askFor("checkpoint");
  }

  /** Resolves when everything that was asked so far is answered. */
  async answered(): Promise<void> {
    await Promise.allSettled([...this.#waiting.values()].map(({ answer }) => answer));
  }

  /** Has the file closed, and gives the thread back, when what was asked for is done. */
  async close(): Promise<void> {
    clearTimeout(this.#idle);
    while (this.#waiting.size > 0) await this.answered();
    const worker = this.#running;
    this.#started = null;
    this.#running = null;
    if (worker === null) return;
    this.#release();
    worker.ref();
    // A thread that breaks down now is gone all the same: everything is written.
    if (await asked(worker, { kind: "close" }).catch(() => null)) restThread(WORKER, worker);
  }

  #askFor(kind: "migrate" | "checkpoint"): Promise<unknown> {
    return this.#ask(async (worker, id) => worker.postMessage({ kind, id } satisfies ThreadRequest));
  }

  /** Gives the answer to a request. */
  #ask(send: (worker: Worker, id: number) => Promise<void>): Promise<unknown> {
    clearTimeout(this.#idle);
    const id = ++this.#lastId;
    const { promise: answer, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.set(id, { answer, resolve, reject });
    this.#sending = this.#sending.then(async () => {
      try {
        this.#started ??= this.#start();
        const worker = await this.#started;
        // A program must not end while it waits for a write; one that has nothing else to do must be able to.
        worker.ref();
        await send(worker, id);
      } catch (error) {
        this.#settle(id)?.reject(error);
      }
    });
    return answer;
  }

  async #start(): Promise<Worker> {
    try {
      const worker = takeThread(WORKER);
      const reply = await asked(worker, { kind: "open", options: this.#options });
      if (reply?.kind !== "opened") {
        if (reply) restThread(WORKER, worker);
        throw reply?.kind === "not-opened" ? carriedError(reply.error) : new Error("it ended at once");
      }
      const receive = (message: ThreadReply) => this.#receive(message, worker);
      const fail = (error: Error) => this.#fail(worker, error);
      const end = () => this.#fail(worker, new Error("it ended"));
      worker.on("message", receive).on("error", fail).on("exit", end);
      this.#release = () => worker.off("message", receive).off("error", fail).off("exit", end);
      this.#running = worker;
      return worker;
    } catch (cause) {
      this.#started = null;
      throw new NoThread(`A thread for writing cannot be started: ${(cause as Error).message}`, { cause });
    }
  }

  #receive(reply: ThreadReply, worker: Worker): void {
    if (reply.kind === "failed") {
      const fields = { error: carriedError(reply.error), path: this.#options.path };
      this.#logger.error(fields, reply.message);
      return;
    }
    if (reply.kind !== "done" && reply.kind !== "refused") return;
    this.lastCommit = reply.commit;
    const waiting = this.#settle(reply.id);
    if (this.#waiting.size === 0) this.#rest(worker);
    if (reply.kind === "done") waiting?.resolve(reply.result);
    else waiting?.reject(carriedError(reply.error));
  }

  #rest(worker: Worker): void {
    worker.unref();
    // A thread that fails while it ends is gone all the same.
    this.#idle = setTimeout(() => this.close().catch(() => undefined), IDLE);
    this.#idle.unref();
  }

  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  /** The thread is gone: nobody knows how far it came with what it was asked for. */
  #fail(worker: Worker, cause: Error): void {
    if (this.#running !== worker) return;
    this.#started = null;
    this.#running = null;
    const error = new StoreError(
      "store_failed",
      `The thread that writes to ${this.#options.path} broke down: ${cause.message}.`,
      { cause, details: { path: this.#options.path } },
    );
    for (const id of this.#waiting.keys()) this.#settle(id)?.reject(error);
  }
}

/**
 * What a thread says to being given or taken a file; null when it ended instead. The program goes on until then.
 * @throws what the thread broke down with
 */
function asked(
  worker: Worker,
  request: Extract<ThreadRequest, { kind: "open" | "close" }>,
): Promise<Extract<ThreadReply, { kind: "opened" | "not-opened" | "closed" }> | null> {
  const { promise, resolve, reject } = Promise.withResolvers<Awaited<ReturnType<typeof asked>>>();
  const hear = (reply: ThreadReply) => {
    if (reply.kind === "opened" || reply.kind === "not-opened" || reply.kind === "closed") resolve(reply);
  };
  const end = () => resolve(null);
  worker.on("message", hear).on("error", reject).on("exit", end);
  worker.ref();
  worker.postMessage(request);
  return promise.finally(() => worker.off("message", hear).off("error", reject).off("exit", end));
}
