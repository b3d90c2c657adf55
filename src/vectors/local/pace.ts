import { nextTurn } from "../../core/next-turn.ts";

/** How long work may hold the event loop, in milliseconds: a step may take as long again before it is looked at. */
const TURN = 5;
const STEPS = 512;

/** Lets others run in the middle of long work: call `rest` between its steps. */
export class Pace {
  #since = performance.now();
  #steps = 0;
  readonly #signal: AbortSignal | undefined;

  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  /** True when it is time to rest: cheaper than an await for each step. */
  get due(): boolean {
    return performance.now() - this.#since >= TURN;
  }

  /** The same for steps so small that looking at the time would be most of the work. */
  get dueInLoop(): boolean {
    this.#steps = (this.#steps + 1) % STEPS;
    return this.#steps === 0 && this.due;
  }

  /** @throws the signal's reason when it was aborted */
  async rest(): Promise<void> {
    if (!this.due) return;
    await nextTurn();
    this.#signal?.throwIfAborted();
    this.#since = performance.now();
  }
}
