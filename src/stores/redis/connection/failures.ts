import { MemoirError, StoreError } from "../../../core/errors.ts";
import { isTlsFailure, tlsMeaning } from "./tls.ts";

/** The server says that it did nothing, and that it may do it later. */
const LATER = /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY) /;

/** Classes of the driver and codes of the system for a connection that is not there or broke. */
const BROKEN = new Set([
  "ClientOfflineError",
  "ClientClosedError",
  "ConnectionTimeoutError",
  "DisconnectsClientError",
  "SocketClosedUnexpectedlyError",
  "SocketTimeoutError",
  "RootNodesUnavailableError",
  "MaxCommandRedirectionsError",
  "AggregateError",
]);

/** Whether trying again may help: the server cannot be reached, or not yet answer. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof Error) || MemoirError.is(error) || isTlsFailure(error)) return false;
  const { code } = error as { code?: unknown };
  const ofSystem = typeof code === "string" && /^E[A-Z]+$/.test(code);
  return ofSystem || LATER.test(error.message) || BROKEN.has(error.constructor.name);
}

/** Another server of the cluster has the key. */
export function isRedirection(error: unknown): boolean {
  return error instanceof Error && /^(MOVED|ASK) /.test(error.message);
}

export function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("NOSCRIPT ");
}

/** What some errors of the server mean to somebody who has to do something about it. */
const MEANINGS: readonly (readonly [pattern: RegExp, meaning: string])[] = [
  [/^MISCONF /, "it cannot write to its disk and therefore takes no writes"],
  [/^(NOAUTH|WRONGPASS) /, "it wants another user name or password"],
  [/^(MOVED|CROSSSLOT) /, "it belongs to a cluster: begin the URL with redis+cluster://"],
  [/^NOPERM /, "the user may not run a command the store needs"],
];

/** What callers are thrown for an error that trying again does not help. */
export function storeFailure(error: unknown, where: string): unknown {
  if (!(error instanceof Error) || MemoirError.is(error)) return error;
  if (error.message.startsWith("OOM "))
    return new StoreError("store_full", `The Redis store ${where} has no memory left (maxmemory).`, {
      cause: error,
      details: { store: where },
    });
  const known = MEANINGS.find(([pattern]) => pattern.test(error.message))?.[1];
  const meaning = known ?? (isTlsFailure(error) ? tlsMeaning(error) : error.message);
  return new StoreError("store_failed", `The Redis store ${where} failed: ${meaning}.`, {
    cause: error,
    details: { store: where },
  });
}

export function unavailable(where: string, waitedMs: number, cause?: unknown): StoreError {
  const reason = cause instanceof Error ? ` (${cause.message || cause.constructor.name})` : "";
  return new StoreError(
    "store_unavailable",
    `The Redis store ${where} could not be reached or did not answer within ${Math.round(waitedMs)} ms${reason}.`,
    { cause, details: { store: where } },
  );
}

export function tooFewReplicas(where: string, found: number, wanted: number): StoreError {
  return new StoreError(
    "store_unavailable",
    `The Redis store ${where} wrote, but ${found} replicas have the write instead of ${wanted}.`,
    { details: { store: where, replicas: found, minReplicas: wanted } },
  );
}

export function closedFailure(where: string): StoreError {
  return new StoreError("store_closed", `The Redis store ${where} was closed.`, {
    details: { store: where },
  });
}
