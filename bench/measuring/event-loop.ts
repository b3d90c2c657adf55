import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";
import type { Row } from "../report/row.ts";

/** How long the event loop did not come round, at most: milliseconds. */
export interface Hold {
  readonly longest: number;
  /** The most processor time of the thread in one turn: on a busy machine the rest of `longest` was waiting for a processor. */
  readonly cpu: number;
}

/** Watches the event loop of this thread. */
export class EventLoopWatch {
  readonly #delays = monitorEventLoopDelay({ resolution: 1 });
  readonly #timer: NodeJS.Timeout;
  #cpu = 0;
  #last = threadTime();

  constructor() {
    this.#delays.enable();
    this.#timer = setInterval(() => {
      const now = threadTime();
      this.#cpu = Math.max(this.#cpu, now - this.#last);
      this.#last = now;
    }, 1);
    this.#timer.unref();
  }

  /** Since it was last asked. */
  hold(): Hold {
    const hold = { longest: this.#delays.max / 1e6, cpu: this.#cpu };
    this.#delays.reset();
    this.#cpu = 0;
    return hold;
  }

  stop(): void {
    this.#delays.disable();
    clearInterval(this.#timer);
  }
}

function threadTime(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** The longest hold while something ran. */
export async function longestHold(work: () => Promise<unknown>): Promise<Hold> {
  const watch = new EventLoopWatch();
  // So that the first and the last turn of the loop are seen too.
  await setTimeout(10);
  watch.hold();
  await work();
  await setTimeout(10);
  watch.stop();
  return watch.hold();
}

export function longer(left: Hold, right: Hold): Hold {
  return { longest: Math.max(left.longest, right.longest), cpu: Math.max(left.cpu, right.cpu) };
}

export function holdRow(name: string, records: number, { longest, cpu }: Hold): Row {
  return {
    section: "event loop, longest hold",
    name,
    records,
    unit: "ms",
    value: longest,
    cpu,
    target: { of: "value", atMost: 20 },
  };
}
