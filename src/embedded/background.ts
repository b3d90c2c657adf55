import type { Logger } from "../core/logger.ts";

/**
 * Small work that no answer waits for and that may be lost with the process, such as counting accesses. Whatever must
 * not be lost is written before the answer instead.
 */
export class BackgroundWork {
  readonly #running = new Set<Promise<void>>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  run(what: string, work: () => Promise<unknown>): void {
    const promise: Promise<void> = work()
      .then(
        () => {},
        (error: unknown) => this.#logger.warn({ err: error }, `Could not ${what}`),
      )
      .finally(() => this.#running.delete(promise));
    this.#running.add(promise);
  }

  /** Waits until nothing is running. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}
