import { ConflictError, type ErrorCode, type MemoirError } from "../core/errors.ts";

/**
 * How often a lost race is run again. Each one means that another writer won, so even many writers finish within so many
 * rounds. A key that appeared meanwhile is looked up once: the answer kept with it is there, or it stands for something else.
 */
const ROUNDS: Partial<Record<ErrorCode, number>> = { version_conflict: 64, idempotency_key_reused: 2 };

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
      if (!(error instanceof ConflictError) || final.has(error) || round >= (ROUNDS[error.code] ?? 0))
        throw error;
    }
  }
}

const final = new WeakSet<MemoirError>();

/** A conflict with what the caller itself expected: not to be retried. */
export function finalConflict(message: string, details: Record<string, unknown>): MemoirError {
  const error = new ConflictError("version_conflict", message, { details });
  final.add(error);
  return error;
}
