import { setTimeout as wait } from "node:timers/promises";
import { busyFailure, isBusy } from "./failures.ts";

/** Longest pause between two tries for a lock, in milliseconds. */
const LONGEST_PAUSE = 25;

/**
 * Tries again while another connection holds the lock, without holding the event loop. Pauses grow and are random, so
 * that several waiters do not try in step.
 * @throws StoreError `store_busy` when the lock was held for longer than `deadlineMs`.
 */
export async function whileBusy<Result>(
  attempt: () => Result,
  deadlineMs: number,
  path: string,
): Promise<Result> {
  const start = performance.now();
  for (let tries = 0; ; tries++) {
    try {
      return attempt();
    } catch (error) {
      if (!isBusy(error)) throw error;
      const waited = performance.now() - start;
      if (waited >= deadlineMs) throw busyFailure(path, waited, error);
    }
    await pause(tries);
  }
}

/** Waits before try number `tries + 1`. */
export function pause(tries: number): Promise<void> {
  return wait(Math.random() * Math.min(LONGEST_PAUSE, 2 ** tries));
}
