import type { Clock } from "../../core/clock.ts";
import { MemoirError, type ValidationError } from "../../core/errors.ts";
import type { IdSource } from "../../core/identifiers.ts";
import { formatMilliseconds, type Instant, toMilliseconds } from "../../core/time.ts";
import type { Memory } from "../../memory.ts";
import { START } from "../build.ts";

/** What a memory under test may lack. A lack is declared, and the suite then verifies what is left instead. */
export interface MemoryCapabilities {
  /** False: it serves one tenant and refuses the others with `forbidden` or `not_supported`. Default true. */
  readonly tenants: boolean;
  /** False: it runs on its own clock instead of the one given to `open`. Default true. */
  readonly clock: boolean;
}

/** What a suite opens a memory with. */
export interface MemoryOpening {
  /** The time the memory must go by; tests move it. */
  readonly clock: Clock;
  /** Where new ids come from. */
  readonly ids: IdSource;
}

/** A memory to verify, and how to get at it. */
export interface MemorySubject {
  /** Names the variant in the output, for example `remote`. */
  readonly name: string;
  /** Opens a handle. Handles opened without a `reset` between them are on the same data. */
  open(options: MemoryOpening): Promise<Memory>;
  /** Opens a handle after every other was closed. Default: `open`. */
  reopen?(options: MemoryOpening): Promise<Memory>;
  /** Removes all data. No handle is open while it runs. It runs before every test. */
  reset(): Promise<void>;
  readonly capabilities?: Partial<MemoryCapabilities>;
  /** Runs of each property test. Default 15. */
  readonly runs?: number;
  /** Milliseconds one test may take. Default 60000. */
  readonly timeout?: number;
}

/** What a test of a memory gets: a fresh memory, its clock, and ways to open it again. */
export class MemoryFixture {
  /** A first handle on an empty memory. */
  readonly memory: Memory;
  readonly runs: number;
  readonly #subject: MemorySubject;
  readonly #opening: MemoryOpening;
  readonly #handles: Memory[];
  readonly #time: { now: number };

  private constructor(subject: MemorySubject, opening: MemoryOpening, time: { now: number }, memory: Memory) {
    this.#subject = subject;
    this.#opening = opening;
    this.#time = time;
    this.memory = memory;
    this.runs = subject.runs ?? 15;
    this.#handles = [memory];
  }

  static async run(subject: MemorySubject, run: (fixture: MemoryFixture) => Promise<void>): Promise<void> {
    await subject.reset();
    const time = { now: toMilliseconds(START) };
    let last = 0;
    const opening: MemoryOpening = {
      clock: { now: () => time.now },
      ids: { next: () => `new-${String(++last).padStart(6, "0")}` },
    };
    const fixture = new MemoryFixture(subject, opening, time, await subject.open(opening));
    try {
      await run(fixture);
    } finally {
      await fixture.#closeAll();
    }
  }

  /** The present of the memory's clock. */
  get now(): Instant {
    return formatMilliseconds(this.#time.now);
  }

  /** Moves the memory's clock. */
  advance(seconds: number): void {
    this.#time.now += seconds * 1000;
  }

  /** One more handle on the same data. */
  async another(): Promise<Memory> {
    const memory = await this.#subject.open(this.#opening);
    this.#handles.push(memory);
    return memory;
  }

  /** Closes every handle and opens the data anew. */
  async reopen(): Promise<Memory> {
    await this.#closeAll();
    const memory = await (this.#subject.reopen ?? this.#subject.open)(this.#opening);
    this.#handles.push(memory);
    return memory;
  }

  async #closeAll(): Promise<void> {
    for (const handle of this.#handles.splice(0)) await handle.close();
  }
}

/** The error a call fails with; a call that succeeds, or fails with anything else, is an error itself. */
export async function failure(call: Promise<unknown>): Promise<MemoirError> {
  const answer = await call.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ("error" in answer && MemoirError.is(answer.error)) return answer.error;
  throw new Error("The call did not fail with a MemoirError", { cause: answer });
}

/** The code of the error a call fails with. */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  return (await failure(call)).code;
}

/** The fields a refused input names, for example `["metadata.price"]`. */
export async function fieldsOf(call: Promise<unknown>): Promise<string[]> {
  const error = await failure(call);
  if (error.code !== "invalid_input") throw error;
  return (error as ValidationError).issues.map(({ path }) => path.join("."));
}

/** Everything that is iterated over. */
export async function collected<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}
