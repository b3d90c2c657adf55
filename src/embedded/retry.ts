import { ConflictError, type MemoirError } from "../core/errors.ts";

/** Each lost race means that another writer won, so even many writers finish within so many rounds. */
const MAX_ROUNDS = 64;

/**
 * Runs a read-decide-write again while another writer was faster. Only for writes that do not depend on what the
 * caller read: a caller's own expected version must not be retried.
 */
export async function retryConflicts<Result>(
  signal: AbortSignal | undefined,
  attempt: () => Promise<Result>,
): Promise<Result> {
  for (let round = 1; ; round++) {
    signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (round >= MAX_ROUNDS || !lostRace(error)) throw error;
    }
  }
}

function lostRace(error: unknown): boolean {
  return (
    error instanceof ConflictError && error.code === "version_conflict" && error.details["final"] !== true
  );
}

/** A conflict with what the caller itself expected: not to be retried. */
export function finalConflict(message: string, details: Record<string, unknown>): MemoirError {
  return new ConflictError("version_conflict", message, { details: { ...details, final: true } });
}
