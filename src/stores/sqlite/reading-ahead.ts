import type { Worker } from "node:worker_threads";
import type { IndexedRecord } from "../../core/recall-index.ts";
import { buffersOf, type PackedPage, unpackPage } from "./packed-page.ts";
import { restThread, takeThread } from "./threads.ts";

/** Which page of index entries. */
export interface PageQuery {
  readonly afterRow: number;
  readonly limit: number;
  readonly userId?: string | null;
}

export type AheadRequest =
  | { readonly kind: "open"; readonly path: string }
  | { readonly kind: "read"; readonly id: number; readonly name: string; readonly query: PageQuery }
  | { readonly kind: "close" };

/** `page` is null when it could not be read. */
export type AheadReply =
  | { readonly kind: "opened" | "closed" }
  | { readonly kind: "page"; readonly id: number; readonly page: PackedPage | null };

const WORKER = "read-worker";

/** How long the thread is kept for more to do, and pages for somebody who wants them, in milliseconds. */
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
  /** The memory of pages that were given out. */
  readonly #buffers = new WeakMap<readonly IndexedRecord[], readonly ArrayBuffer[]>();
  #thread: Worker | null = null;
  /** Ends the listening to the thread. */
  #release: () => void = () => undefined;
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
    this.#thread.postMessage({ kind: "read", id, name, query } satisfies AheadRequest);
  }

  /** The page, when it was the one that was begun last for whoever reads on like this. */
  async take(name: string, query: PageQuery): Promise<IndexedRecord[] | null> {
    const key = keyOf(name, query);
    const ahead = this.#ahead.get(key);
    this.#ahead.delete(key);
    if (ahead?.query.afterRow !== query.afterRow || ahead.query.limit !== query.limit) return null;
    const packed = await ahead.page;
    if (packed === null) return null;
    const page = unpackPage(packed);
    this.#buffers.set(page, buffersOf(packed));
    return page;
  }

  /**
   * Frees the memory of a page that nobody looks at any more. Left to the garbage collector, which counts it as used until it has
   * looked at everything, some hundred pages make it do so again and again.
   */
  release(page: readonly IndexedRecord[]): void {
    const buffers = this.#buffers.get(page);
    if (!buffers) return;
    this.#buffers.delete(page);
    for (const buffer of buffers) buffer.transfer(0);
  }

  /** Resolves when the thread has read what was begun, and has let go of the file. */
  async close(): Promise<void> {
    this.#ended = true;
    this.#rest();
    await this.#resting;
  }

  #start(): Worker | null {
    let thread: Worker;
    try {
      thread = takeThread(WORKER);
    } catch {
      this.#ended = true;
      return null;
    }
    const receive = (reply: AheadReply) => this.#receive(reply, thread);
    const lose = () => this.#lose(thread);
    thread.on("message", receive).on("exit", lose);
    this.#release = () => thread.off("message", receive).off("exit", lose);
    thread.postMessage({ kind: "open", path: this.#path } satisfies AheadRequest);
    thread.unref();
    return thread;
  }

  #receive(reply: AheadReply, thread: Worker): void {
    if (reply.kind === "opened") this.#ready = true;
    if (reply.kind === "page") {
      this.#waiting.get(reply.id)?.(reply.page);
      this.#waiting.delete(reply.id);
    }
    if (this.#waiting.size > 0 || this.#thread !== thread) return;
    thread.unref();
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#rest(), IDLE);
    this.#idle.unref();
  }

  /** Gives the thread back; there is another one when somebody reads on. */
  #rest(): void {
    clearTimeout(this.#idle);
    this.#ahead.clear();
    const [thread, release] = [this.#thread, this.#release];
    this.#thread = null;
    this.#ready = false;
    if (thread === null) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#resting = promise;
    const finish = (reply?: AheadReply) => {
      if (reply && reply.kind !== "closed") return;
      release();
      thread.off("message", finish).off("exit", gone);
      if (reply) restThread(WORKER, thread);
      resolve();
    };
    const gone = () => finish();
    thread.on("message", finish).on("exit", gone);
    thread.ref();
    thread.postMessage({ kind: "close" } satisfies AheadRequest);
  }

  #lose(thread: Worker): void {
    for (const resolve of this.#waiting.values()) resolve(null);
    this.#waiting.clear();
    // A thread that broke down is likely to do so again.
    this.#ended = true;
    if (this.#thread !== thread) return;
    this.#thread = null;
    this.#ready = false;
    this.#ahead.clear();
  }
}

function keyOf(name: string, { userId }: PageQuery): string {
  return JSON.stringify(userId === undefined ? [name] : [name, userId]);
}
