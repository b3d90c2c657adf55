import { setTimeout as pause } from "node:timers/promises";
import { MemoirError } from "../../src/core/errors.ts";
import { type Memory, openMemory } from "../../src/index.ts";
import { noWrites, show, type Tally, tally } from "./ledger.ts";
import { KINDS, type Kind, note, readAll, writeOne } from "./operations.ts";

/** Milliseconds longer than any call may take: a call that has not ended by then hangs. */
const HANGS = 30_000;

/** Milliseconds for which one write is tried before the load gives it up. */
const GIVES_UP = 60_000;

/** After so many errors that make no sense to try again after, the load ends. */
const TOO_MANY = 10;

/** What happens while a fault lasts. */
export interface Progress {
  /** Resolves when so many more writes were acknowledged. */
  writes(more: number): Promise<void>;
  /** Resolves when so many more calls failed. */
  failures(more: number): Promise<void>;
}

export interface LoadOptions {
  readonly title: string;
  /** Opens one of the two handles that write; by default on `store`. */
  readonly open?: () => Promise<Memory>;
  /** URL of the store, by which the data is read at the end. */
  readonly store: string;
  /** Breaks something amid the writes. They go on until it has resolved, and for a while after. */
  readonly fault: (progress: Progress) => Promise<unknown>;
  /** What is written. Default: everything. */
  readonly kinds?: readonly Kind[];
  /** Writes going on side by side, on two handles. Default 8. */
  readonly lanes?: number;
  /** Writes that must be acknowledged before the fault, and again after it. Default 100. */
  readonly amount?: number;
  /** Whether a write that failed is tried again with its idempotency key. Otherwise each is tried once, without a key. */
  readonly repeats?: boolean;
}

export interface LoadResult extends Tally {
  /** How often callers got each error that they could try again after. */
  readonly retried: Readonly<Record<string, number>>;
  /** Errors that callers got and could not try again after. */
  readonly refused: readonly string[];
  /** Calls that did not end. */
  readonly hung: number;
}

/** What every fault must leave: everything acknowledged is there, once, and every caller knows how it stands. */
export const HARMLESS = { lost: 0, doubled: 0, hung: 0, refused: [] } as const;

/** Writes into a memory while something breaks, and compares what was acknowledged with what is there. */
export async function underLoad(options: LoadOptions): Promise<LoadResult> {
  const { title, store, fault, kinds = KINDS, lanes = 8, amount = 100, repeats = true } = options;
  const { open = () => openMemory(store, { jobs: "memory:" }) } = options;
  const acknowledged = noWrites();
  const retried: Record<string, number> = {};
  const refused: string[] = [];
  const [writes, failures] = [new Counter(), new Counter()];
  let hung = 0;
  let unacknowledgedIncrements = 0;
  let enough = Number.POSITIVE_INFINITY;

  /** Whether it makes sense to try again. */
  function failed(error: unknown): boolean {
    failures.increase();
    if (error === HUNG) hung++;
    else if (!MemoirError.is(error) || !error.retryable) refused.push(String(error));
    else {
      retried[error.code] = (retried[error.code] ?? 0) + 1;
      return repeats;
    }
    return false;
  }

  async function write(memory: Memory, kind: Kind, id: string): Promise<void> {
    const start = performance.now();
    do {
      const error = await errorOf(writeOne(memory, kind, id, repeats));
      if (error === null) {
        note(acknowledged, kind, id);
        writes.increase();
        return;
      }
      if (!failed(error)) break;
      await pause(10);
    } while (performance.now() - start < GIVES_UP);
    if (kind === "increment") unacknowledgedIncrements++;
  }

  async function lane(memory: Memory, number: number): Promise<void> {
    for (let index = 0; writes.count < enough && hung === 0 && refused.length < TOO_MANY; index++)
      await write(memory, kinds[index % kinds.length] as Kind, `${number}-${index}`);
  }

  const memories = [await open(), await open()];
  const numbers = Array.from({ length: lanes }, (_, number) => number);
  const all = Promise.all(numbers.map((number) => lane(memories[number % 2] as Memory, number)));
  try {
    await Promise.race([writes.reaches(amount), all]);
    await Promise.race([
      fault({
        writes: (more) => writes.reaches(writes.count + more),
        failures: (more) => failures.reaches(failures.count + more),
      }),
      all,
    ]);
  } finally {
    enough = writes.count + amount;
    await all;
  }
  for (const memory of memories) await memory.close();
  const figures = tally(acknowledged, await readAll(store), unacknowledgedIncrements);
  show(title, figures);
  return { ...figures, retried, refused, hung };
}

/** Counts up, and tells when it has come so far. */
class Counter {
  count = 0;
  readonly #waiting: { readonly at: number; readonly reached: () => void }[] = [];

  increase(): void {
    this.count++;
    for (const { at, reached } of this.#waiting) if (at === this.count) reached();
  }

  reaches(at: number): Promise<void> {
    return new Promise((reached) => this.#waiting.push({ at, reached }));
  }
}

const HUNG = Symbol("hung");

/** Null when it succeeded, else its error; `HUNG` when it has not ended in a long time. */
async function errorOf(call: Promise<unknown>): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const timer = setTimeout(() => resolve(HUNG), HANGS);
  const outcome = call.then(
    () => null,
    (error: unknown) => error,
  );
  try {
    return await Promise.race([outcome, promise]);
  } finally {
    clearTimeout(timer);
  }
}
