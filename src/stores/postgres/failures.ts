import { ConflictError, type ErrorCode, MemoirError, StoreError } from "../../core/errors.ts";
import { NoAnswer, sqlState } from "./driver.ts";
import { decodeJson } from "./wire-text.ts";

/** What the functions in the database raise, see `refuse`. */
const REFUSED = "MM001";

/** Errors after which the same transaction may well succeed: it was undone for the sake of another. */
const UNDONE = new Set(["40001", "40P01"]);

/** Errors of a server that has no room or no time just now. */
const BUSY = new Set(["53300", "55P03", "57014", "57P03"]);

const FULL = "53100";

/** What each class of errors means to somebody who has to do something about it. */
const MEANINGS: Readonly<Record<string, string>> = {
  "28": "the server refused the user or the password",
  "3D": "there is no such database",
  "42501": "the user lacks a privilege",
  "25006": "the database is read-only",
  [FULL]: "the disk is full",
  "53": "the server ran out of resources",
  "58": "the server's system reported an error",
  XX: "the server found its data damaged, or a defect of its own",
};

export function wasUndone(error: unknown): boolean {
  return UNDONE.has(sqlState(error) ?? "");
}

/** What a function refused, and how things are instead; undefined for any other error. */
function refusalOf(error: unknown): { code: ErrorCode; details: Record<string, unknown> } | undefined {
  if (sqlState(error) !== REFUSED) return undefined;
  const { message, detail } = error as Error & { detail?: string };
  return { code: message as ErrorCode, details: decodeJson(detail ?? "{}") };
}

/** What callers are thrown: errors of the server and of the connection as StoreError with the cause, others as they are. */
export function storeFailure(error: unknown, name: string): unknown {
  if (MemoirError.is(error)) return error;
  if (error instanceof NoAnswer) return noAnswerFailure(error, name);
  const refusal = refusalOf(error);
  if (refusal) return conflictOf(refusal.code, refusal.details);
  const state = sqlState(error);
  if (state === undefined) return error;
  const details = { store: name, sqlState: state };
  const said = (error as Error).message;
  const cause = withoutData(error as Error);
  if (BUSY.has(state) || UNDONE.has(state))
    return new StoreError("store_busy", `The PostgreSQL store ${name} is busy: ${said}.`, { cause, details });
  const meaning = MEANINGS[state] ?? MEANINGS[state.slice(0, 2)];
  return new StoreError(
    state === FULL ? "store_full" : "store_failed",
    `The PostgreSQL store ${name} failed: ${meaning === undefined ? said : `${meaning} (${said})`}.`,
    { cause, details },
  );
}

/** The error without the rows and parameters that the server and PGlite add to it: they hold what somebody remembers. */
function withoutData(error: Error): Error {
  const { message, code, severity, schema, table, constraint, routine } = error as unknown as Record<
    string,
    unknown
  >;
  return Object.assign(new Error(String(message)), { code, severity, schema, table, constraint, routine });
}

function noAnswerFailure(error: NoAnswer, name: string): StoreError {
  const done = error.sent ? "; whether the call took effect is not known" : "";
  const what = error.reason === "late" ? "did not answer in time" : "cannot be reached";
  const code = error.reason === "late" && !error.sent ? "store_busy" : "store_unavailable";
  return new StoreError(code, `The PostgreSQL store ${name} ${what}: ${error.message}${done}.`, {
    cause: error.cause,
    details: { store: name, uncertain: error.sent },
  });
}

function conflictOf(code: ErrorCode, details: Record<string, unknown>): ConflictError {
  if (code === "idempotency_key_reused")
    return new ConflictError(code, `The idempotency key ${JSON.stringify(details["key"])} was used before.`, {
      details,
    });
  const { id, expectedVersion, actualVersion, duplicate } = details;
  const sentence =
    duplicate === undefined
      ? `Record ${JSON.stringify(id)} has version ${actualVersion}, not ${expectedVersion}.`
      : `Record ${JSON.stringify(duplicate)} says the same.`;
  return new ConflictError(code, sentence, { details });
}

export function closedFailure(name: string): StoreError {
  return new StoreError("store_closed", `The PostgreSQL store ${name} was closed.`, {
    details: { store: name },
  });
}
