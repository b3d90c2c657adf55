import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";
import type { Row } from "../report/row.ts";

/** Milliseconds for which nothing is done, to know what the machine itself makes a program wait. */
const IDLE = 300;

export interface Hold<Result> {
  readonly result: Result;
  /** Milliseconds. */
  readonly longest: number;
}

/** The longest time that the event loop did not come round while something ran. */
export async function longestHold<Result>(work: () => Promise<Result>): Promise<Hold<Result>> {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  // So that the first and the last turn of the loop are seen too.
  await setTimeout(10);
  delays.reset();
  const result = await work();
  await setTimeout(10);
  delays.disable();
  return { result, longest: delays.max / 1e6 };
}

/** The row of a hold, beside what this process waits when it does nothing. */
export async function holdRow(name: string, records: number, longest: number): Promise<Row> {
  const idle = await longestHold(() => setTimeout(IDLE));
  return {
    section: "event loop, longest hold",
    name,
    records,
    unit: "ms",
    value: longest,
    reference: { name: "doing nothing", value: idle.longest },
    target: { of: "value", atMost: 20 },
  };
}
