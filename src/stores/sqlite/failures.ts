import { MemoirError, StoreError } from "../../core/errors.ts";
import { resultCode } from "./driver.ts";

const BUSY = 5;
const LOCKED = 6;
const CORRUPT = 11;
const FULL = 13;
const PROTOCOL = 15;

/** What each of SQLite's result codes means to somebody who has to do something about it. */
const MEANINGS: Readonly<Record<number, string>> = {
  3: "access to the file was denied",
  8: "the file or its folder is read-only",
  10: "the disk reported an error",
  [CORRUPT]: "the file is damaged",
  [FULL]: "the disk is full",
  14: "the file cannot be opened",
  26: "the file is not an SQLite database",
};

export function isBusy(error: unknown): boolean {
  const code = resultCode(error);
  // The last one: others have won the race to begin a transaction again and again.
  return code === BUSY || code === LOCKED || code === PROTOCOL;
}

export function isDamage(error: unknown): boolean {
  return resultCode(error) === CORRUPT;
}

/** What callers are thrown: errors of SQLite and of the file system as StoreError with the cause, others as they are. */
export function storeFailure(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || MemoirError.is(error)) return error;
  const code = resultCode(error);
  if (code === undefined && !("syscall" in error)) return error;
  const meaning = (code === undefined ? undefined : MEANINGS[code]) ?? error.message;
  return new StoreError(
    code === FULL ? "store_full" : "store_failed",
    `The SQLite store ${path} failed: ${meaning}.`,
    { cause: error, details: { path } },
  );
}

export function busyFailure(path: string, waitedMs: number, cause?: unknown): StoreError {
  return new StoreError(
    "store_busy",
    `The SQLite store ${path} was held by another process for ${Math.round(waitedMs)} ms.`,
    { cause, details: { path } },
  );
}

export function closedFailure(path: string): StoreError {
  return new StoreError("store_closed", `The SQLite store ${path} was closed.`, { details: { path } });
}
