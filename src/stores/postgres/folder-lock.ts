import { setTimeout as wait } from "node:timers/promises";
import { StoreError } from "../../core/errors.ts";

/** How often the lock is tried for: of several who try at the very same time, none may get it. */
const TRIES = 10;

/** The longest pause between two tries, in milliseconds. */
const PAUSE = 50;

/**
 * Keeps other processes off a folder as long as this one lives, by a lock of the operating system on a file beside it: nobody
 * needs to clear it away after a crash.
 * @returns lets the folder go.
 * @throws StoreError `store_busy` when another process has it.
 */
export async function lockFolder(folder: string): Promise<() => void> {
  const { DatabaseSync } = await import("node:sqlite");
  const file = new DatabaseSync(`${folder}.lock`);
  for (let tries = 1; ; tries++)
    try {
      file.exec("PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE");
      return () => file.close();
    } catch (cause) {
      if (tries < TRIES) {
        await wait(Math.random() * PAUSE);
        continue;
      }
      file.close();
      throw new StoreError(
        "store_busy",
        `The folder ${folder} is open in another process, and PGlite is for one at a time.`,
        { cause },
      );
    }
}
