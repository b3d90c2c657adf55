import { setTimeout as wait } from "node:timers/promises";
import type { Logger } from "../../../core/logger.ts";
import type { Driver } from "../driver.ts";

export interface ListenerOptions {
  readonly driver: Driver;
  readonly channel: string;
  readonly logger: Logger;
  /** From now on nothing is missed, until the connection is lost. */
  readonly listening: () => void;
  readonly heard: (payload: string) => void;
}

/** Pauses before connecting again, in milliseconds: the first, and the longest, which doubling ends with. */
const PAUSES = { first: 100, longest: 30_000 } as const;

/** Listens on a channel from `start` to `stop`, and connects again whenever the connection was lost. */
export class Listener {
  readonly #options: ListenerOptions;
  #current: { readonly end: AbortController; readonly ended: Promise<void> } | undefined;
  /** Behind a pooler nothing would be heard. */
  #pooled = false;

  constructor(options: ListenerOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#current || this.#pooled) return;
    const end = new AbortController();
    this.#current = { end, ended: this.#run(end.signal) };
  }

  async stop(): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    current?.end.abort();
    await current?.ended;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { driver, channel, logger, heard } = this.#options;
    let pause: number = PAUSES.first;
    const listening = () => {
      pause = PAUSES.first;
      this.#options.listening();
    };
    while (!signal.aborted && !this.#pooled) {
      try {
        this.#pooled = (await driver.listen?.(channel, { listening, heard, signal })) !== "ended";
        if (this.#pooled) logger.info({}, "a pooler stands before the database: followers look at intervals");
      } catch (error) {
        logger.info({ reason: (error as Error).message }, "changes of others cannot be heard now");
      }
      await pausing(pause * (0.5 + Math.random() / 2), signal);
      pause = Math.min(2 * pause, PAUSES.longest);
    }
  }
}

async function pausing(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await wait(milliseconds, undefined, { signal, ref: false });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
