import { StoreError } from "../../core/errors.ts";

/**
 * Keeps other processes off a folder as long as this one lives, by a lock of the operating system on a file beside it: nobody
 * needs to clear it away after a crash.
 * @returns lets the folder go.
 * @throws StoreError `store_busy` when another process has it.
 */
export async function lockFolder(folder: string): Promise<() => void> {
  const { DatabaseSync } = await import("node:sqlite");
  const file = new DatabaseSync(`${folder}.lock`);
  try {
    file.exec("PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE");
  } catch (cause) {
    file.close();
    throw new StoreError(
      "store_busy",
      `The folder ${folder} is open in another process, and PGlite is for one at a time.`,
      { cause },
    );
  }
  return () => file.close();
}
