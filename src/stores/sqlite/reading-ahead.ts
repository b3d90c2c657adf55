import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { IndexedRecord } from "../../core/recall-index.ts";
import { type PackedPage, unpackPage } from "./packed-page.ts";
import { workerFile } from "./worker-file.ts";

/** Which page of index entries. */
export interface PageQuery {
  readonly afterRow: number;
  readonly limit: number;
  readonly userId?: string | null;
}

export type AheadRequest = { readonly id: number; readonly name: string; readonly query: PageQuery } | "end";

/** `page` is null when it could not be read. */
export type AheadReply = { readonly id: number; readonly page: PackedPage | null } | "ready";

/** How long the thread waits for more to do before it ends, and pages for somebody who wants them, in milliseconds. */
const IDLE = 5_000;

interface Ahead {
  readonly query: PageQuery;
  readonly page: Promise<PackedPage | null>;
}

/**
 * Reads the next page of index entries on a thread of its own while the last one is taken into an index. It is there to be
 * quick only: where there is no thread, or it fails, there is no page, and whoever wants one reads it.
 */
export class ReadingAhead {
  readonly #path: string;
  /** By who reads on. */
  readonly #ahead = new Map<string, Ahead>();
  readonly #waiting = new Map<number, (page: PackedPage | null) => void>();
  #thread: Worker | null = null;
  #ready = false;
  #ended = false;
  #idle: NodeJS.Timeout | undefined;
  #resting: Promise<unknown> = Promise.resolve();
  #lastId = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** Begins to read a page; the first time it only starts the thread, which takes longer than some pages. */
  begin(name: string, query: PageQuery): void {
    if (this.#ended) return;
    this.#thread ??= this.#start();
    if (this.#thread === null || !this.#ready) return;
    clearTimeout(this.#idle);
    const id = ++this.#lastId;
    const { promise: page, resolve } = Promise.withResolvers<PackedPage | null>();
    this.#waiting.set(id, resolve);
    this.#ahead.set(keyOf(name, query), { query, page });
    // Who waits for a page must not be left alone; a program that has nothing else to do must be able to end.
    this.#thread.ref();
    this.#thread.postMessage({ id, name, query } satisfies AheadRequest);
  }

  /** The page, when it was the one that was begun last for whoever reads on like this. */
  async take(name: string, query: PageQuery): Promise<IndexedRecord[] | null> {
    const key = keyOf(name, query);
    const ahead = this.#ahead.get(key);
    this.#ahead.delete(key);
    if (ahead?.query.afterRow !== query.afterRow || ahead.query.limit !== query.limit) return null;
    const page = await ahead.page;
    return page && unpackPage(page);
  }

  /** Ends the thread when it has read what was begun. */
  async close(): Promise<void> {
    this.#ended = true;
    this.#rest();
    await this.#resting;
  }

  #start(): Worker | null {
    let thread: Worker;
    try {
      // Not the program's own flags: some, such as --input-type, a worker refuses.
      thread = new Worker(workerFile("read-worker"), { workerData: this.#path, execArgv: [] });
    } catch {
      this.#ended = true;
      return null;
    }
    thread.unref();
    thread.on("message", (reply: AheadReply) => this.#receive(reply, thread));
    thread.on("error", () => {
      this.#ended = true;
    });
    thread.on("exit", () => this.#lose(thread));
    return thread;
  }

  #receive(reply: AheadReply, thread: Worker): void {
    if (reply === "ready") this.#ready = true;
    else {
      this.#waiting.get(reply.id)?.(reply.page);
      this.#waiting.delete(reply.id);
    }
    if (this.#waiting.size > 0) return;
    thread.unref();
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#rest(), IDLE);
    this.#idle.unref();
  }

  /** Ends the thread; there is another one when somebody reads on. */
  #rest(): void {
    clearTimeout(this.#idle);
    this.#ahead.clear();
    const [thread, ready] = [this.#thread, this.#ready];
    this.#thread = null;
    this.#ready = false;
    if (thread === null) return;
    // A thread that fails while it ends is gone all the same.
    this.#resting = once(thread, "exit").catch(() => undefined);
    thread.ref();
    if (ready) thread.postMessage("end" satisfies AheadRequest);
    else void thread.terminate();
  }

  #lose(thread: Worker): void {
    for (const resolve of this.#waiting.values()) resolve(null);
    this.#waiting.clear();
    if (this.#thread !== thread) return;
    this.#thread = null;
    this.#ready = false;
    this.#ahead.clear();
  }
}

function keyOf(name: string, { userId }: PageQuery): string {
  return JSON.stringify(userId === undefined ? [name] : [name, userId]);
}
