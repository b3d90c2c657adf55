/**
 * Hands words on at once after a quiet time, and what comes more often together, an interval after the end of the last time:
 * each word once, however often it came.
 */
export class Gathered {
  readonly #handOn: (words: string[]) => Promise<void> | void;
  readonly #interval: number;
  readonly #waiting = new Set<string>();
  #running: Promise<void> | undefined;
  #closed = false;
  #goOn: (() => void) | undefined;

  /** @param interval in milliseconds. */
  constructor(handOn: (words: string[]) => Promise<void> | void, interval: number) {
    this.#handOn = handOn;
    this.#interval = interval;
  }

  add(word: string): void {
    if (this.#closed) return;
    this.#waiting.add(word);
    this.#running ??= this.#run();
  }

  /** Hands on what still waits. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#goOn?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#waiting.size > 0) {
      const words = [...this.#waiting];
      this.#waiting.clear();
      await this.#handOn(words);
      if (!this.#closed) await this.#pause();
    }
    // Together with the last look, or a word that comes between would stay.
    this.#running = undefined;
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      // A process with nothing else to do need not wait: whoever closes the store gets everything handed on.
      const timer = setTimeout(resolve, this.#interval).unref();
      this.#goOn = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
