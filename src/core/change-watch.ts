/**
 * Tells a follower of the change feed when to look again. Only a hint: it may come for nothing, and may not come at all, so whoever
 * waits looks at times of its own too.
 */
export interface ChangeWatch {
  /** Resolves once something may have changed since the last call, after so many milliseconds at the latest, or when the signal fires. */
  next(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** Ends the wait, and every later one at once. */
  close(): void;
}

/** Waits for `wake`; without it, it is a pause. One follower uses it. */
export class WakingWatch implements ChangeWatch {
  /** Something happened between two waits. */
  #woken = false;
  #closed = false;
  #resume: (() => void) | undefined;

  wake(): void {
    this.#woken = true;
    this.#resume?.();
  }

  async next(milliseconds: number, signal?: AbortSignal): Promise<void> {
    if (!this.#woken && !signal?.aborted)
      await new Promise<void>((resolve) => {
        const resume = () => {
          clearTimeout(timer);
          signal?.removeEventListener("abort", resume);
          resolve();
        };
        const timer = setTimeout(resume, milliseconds);
        signal?.addEventListener("abort", resume, { once: true });
        this.#resume = resume;
      });
    this.#woken = this.#closed;
  }

  close(): void {
    this.#closed = true;
    this.wake();
  }
}
