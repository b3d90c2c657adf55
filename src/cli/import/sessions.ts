import { ConflictError } from "../../core/errors.ts";
import type { SessionOperation } from "../../core/session/operations.ts";
import type { SessionState } from "../../core/session/state.ts";
import { type InstantInput, parseInstant, toMilliseconds } from "../../core/time.ts";
import type { Memory } from "../../memory.ts";

/**
 * Writes a whole session in one step. Gives false when there is one already and it was not to be replaced.
 * @throws ValidationError when the session does not fit into the memory's scope.
 */
export async function importSession(
  memory: Memory,
  session: SessionState,
  { update, signal }: { readonly update: boolean; readonly signal: AbortSignal },
): Promise<boolean> {
  const { sessionId, namespace, userId } = session;
  const target = memory
    .scope({ ...(namespace !== null && { namespace }), ...(userId !== null && { userId }) })
    .session(sessionId);
  try {
    await target.apply(operationsFor(session), { signal, ...(!update && { expectedVersion: 0 }) });
    return true;
  } catch (error) {
    if (error instanceof ConflictError && error.code === "version_conflict") return false;
    throw error;
  }
}

function operationsFor(session: SessionState): SessionOperation[] {
  const {
    sessionId: _,
    namespace: __,
    userId: ___,
    expiresAt,
    updatedAt: ____,
    version: _____,
    ...content
  } = session;
  const replace: SessionOperation = { operation: "replace", content };
  if (expiresAt === null || content.slidingExpiry) return [replace];
  // A fixed end is an instant: being moved gives the session no more time.
  const seconds = (toMilliseconds(expiresAt) - Date.now()) / 1000;
  return [replace, { operation: "setTimeToLive", seconds, sliding: false }];
}

/** Whether something that expires then is gone already. What is no instant is for the library to complain about. */
export function hasExpired(expiresAt: InstantInput | null | undefined): boolean {
  if (expiresAt == null) return false;
  try {
    return toMilliseconds(parseInstant(expiresAt, "expiresAt")) <= Date.now();
  } catch {
    return false;
  }
}
