import { NoAnswer, type Row } from "./driver.ts";
import { wasUndone } from "./failures.ts";
import type { Statement } from "./sql.ts";

type Fly = (statements: readonly Statement[]) => Promise<Row[][]>;

interface Waiting {
  readonly statement: Statement;
  readonly resolve: (rows: Row[]) => void;
  readonly reject: (error: unknown) => void;
  readonly since: number;
}

/** Writes of one transaction, and characters of them: others wait for its end. */
const MOST = { writes: 100, characters: 4_000_000 } as const;

/**
 * Sends the writes that come together for a tenant as one transaction, in the order they came. They would have waited for one
 * another in the database, each with a connection and a commit of its own; so they cost one of each. A write that is refused
 * undoes its transaction, which is then sent in halves: what becomes of one is nothing to the others.
 */
export class WriteGroups {
  readonly #fly: Fly;
  readonly #timeoutMs: number;
  /** The writes that wait for the one that is under way; there is a list for every tenant that has one. */
  readonly #waiting = new Map<string, Waiting[]>();

  /** @param timeoutMs how long a write waits for others before it is given up, in milliseconds. */
  constructor(fly: Fly, timeoutMs: number) {
    this.#fly = fly;
    this.#timeoutMs = timeoutMs;
  }

  run(tenant: string, statement: Statement): Promise<Row[]> {
    return new Promise((resolve, reject) => {
      const write = { statement, resolve, reject, since: performance.now() };
      const waiting = this.#waiting.get(tenant);
      if (waiting) waiting.push(write);
      else void this.#runAll(tenant, [write]);
    });
  }

  async #runAll(tenant: string, waiting: Waiting[]): Promise<void> {
    this.#waiting.set(tenant, waiting);
    while (waiting.length > 0) {
      const group = this.#inTime(waiting.splice(0, groupSize(waiting)));
      if (group.length > 0) await this.#runGroup(group);
    }
    this.#waiting.delete(tenant);
  }

  /** Those that have not waited for too long; the others are told. */
  #inTime(group: readonly Waiting[]): Waiting[] {
    const earliest = performance.now() - this.#timeoutMs;
    return group.filter(({ since, reject }) => {
      if (since < earliest) reject(new NoAnswer("late", false, `other writes took ${this.#timeoutMs} ms`));
      return since >= earliest;
    });
  }

  async #runGroup(group: readonly Waiting[]): Promise<void> {
    try {
      const results = await this.#fly(group.map(({ statement }) => statement));
      group.forEach(({ resolve }, index) => {
        resolve(results[index] ?? []);
      });
    } catch (error) {
      const isOfAll = group.length === 1 || error instanceof NoAnswer || wasUndone(error);
      if (isOfAll) for (const { reject } of group) reject(error);
      else for (const half of halvesOf(group)) await this.#runGroup(half);
    }
  }
}

function halvesOf<Element>(list: readonly Element[]): Element[][] {
  const middle = list.length >>> 1;
  return [list.slice(0, middle), list.slice(middle)];
}

function groupSize(waiting: readonly Waiting[]): number {
  let [size, characters] = [0, 0];
  for (const { statement } of waiting.slice(0, MOST.writes)) {
    characters += statement.values.reduce<number>(
      (sum, value) => sum + (typeof value === "string" || Buffer.isBuffer(value) ? value.length : 0),
      0,
    );
    if (size > 0 && characters > MOST.characters) break;
    size++;
  }
  return size;
}
