import { sha256Hex } from "../core/content-hash.ts";
import { checkLabel } from "../core/identifiers.ts";
import type { ResolvedScope } from "../core/scope.ts";
import { prepareOperations } from "../core/session/check.ts";
import { withoutExpiredFields } from "../core/session/fields.ts";
import type { SessionOperation, SessionOperationInput } from "../core/session/operations.ts";
import type { SessionKey, SessionState } from "../core/session/state.ts";
import type { SessionReceipt } from "../core/session-store.ts";
import type {
  ListSessionsOptions,
  ReadSessionOptions,
  SessionPage,
  SessionWriteOptions,
} from "../operations.ts";
import { wholeNumber } from "./numbers.ts";
import { type EmbeddedParts, present } from "./parts.ts";

export async function readSession(
  parts: EmbeddedParts,
  key: SessionKey,
  options: ReadSessionOptions = {},
): Promise<SessionState | null> {
  options.signal?.throwIfAborted();
  checkKey(key);
  const newest = options.newest === undefined ? {} : { newest: wholeNumber(options.newest, "newest", 0) };
  const now = present(parts);
  const state = await parts.sessions.readSession(key, { now, ...newest });
  return state && withoutExpiredFields(state, now);
}

export async function writeSession(
  parts: EmbeddedParts,
  key: SessionKey,
  operations: readonly SessionOperationInput[],
  options: SessionWriteOptions = {},
): Promise<SessionReceipt> {
  options.signal?.throwIfAborted();
  checkKey(key);
  const now = present(parts);
  const prepared = prepareOperations(operations, { now, ids: parts.ids });
  const { expectedVersion, create, idempotencyKey, fingerprint } = options;
  const receipt = await parts.sessions.writeSession(key, {
    operations: [...prepared, ...lifetime(parts.sessionTtl, prepared)],
    now,
    ...(expectedVersion !== undefined && {
      expectedVersion: wholeNumber(expectedVersion, "expectedVersion", 0),
    }),
    ...(create !== undefined && { create }),
    ...(idempotencyKey !== undefined && {
      idempotency: {
        key: checkLabel(idempotencyKey, "idempotencyKey"),
        fingerprint: sha256Hex(JSON.stringify([key, fingerprint ?? operations, expectedVersion ?? null])),
      },
    }),
  });
  return { ...receipt, results: receipt.results.slice(0, operations.length) };
}

/** Gives a session that is begun its time to live, unless the one who begins it says something of that. */
function lifetime(seconds: number | null, operations: readonly SessionOperation[]): SessionOperation[] {
  const said = operations.some(({ operation }) => operation === "setTimeToLive" || operation === "replace");
  return seconds === null || said
    ? []
    : [{ operation: "setTimeToLive", seconds, sliding: true, onlyNew: true }];
}

export async function deleteSession(
  parts: EmbeddedParts,
  key: SessionKey,
  options: { readonly expectedVersion?: number; readonly signal?: AbortSignal } = {},
): Promise<boolean> {
  options.signal?.throwIfAborted();
  checkKey(key);
  const { expectedVersion } = options;
  return parts.sessions.deleteSession(key, {
    now: present(parts),
    ...(expectedVersion !== undefined && { expectedVersion }),
  });
}

export async function listSessions(
  parts: EmbeddedParts,
  scope: ResolvedScope,
  options: ListSessionsOptions = {},
): Promise<SessionPage> {
  options.signal?.throwIfAborted();
  return parts.sessions.listSessions(scope.tenant, {
    now: present(parts),
    limit: wholeNumber(options.limit ?? 100, "limit", 1, 1000),
    offset: wholeNumber(options.offset ?? 0, "offset", 0),
    ...(scope.namespace !== null && { namespace: scope.namespace }),
    ...(scope.userId !== null && { userId: scope.userId }),
  });
}

function checkKey(key: SessionKey): void {
  checkLabel(key.tenant, "tenant");
  checkLabel(key.sessionId, "sessionId");
  if (key.namespace !== null) checkLabel(key.namespace, "namespace");
  if (key.userId !== null) checkLabel(key.userId, "userId");
}

export async function findSession(
  parts: EmbeddedParts,
  tenant: string,
  sessionId: string,
  known: { readonly namespace?: string; readonly userId?: string },
): Promise<SessionKey | null> {
  const keys = await parts.sessions.findSessions(tenant, checkLabel(sessionId, "sessionId"), present(parts));
  const exact = keys.find(
    (key) => key.namespace === (known.namespace ?? null) && key.userId === (known.userId ?? null),
  );
  if (exact) return exact;
  const fitting = keys.filter(
    (key) =>
      (known.namespace === undefined || key.namespace === known.namespace) &&
      (known.userId === undefined || key.userId === known.userId),
  );
  return fitting.length === 1 ? (fitting[0] ?? null) : null;
}
