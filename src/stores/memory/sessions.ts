import { ConflictError, NotFoundError } from "../../core/errors.ts";
import { compareCodePoints } from "../../core/filter/evaluate.ts";
import type { JsonValue } from "../../core/json.ts";
import { applyOperations, arrayLog, type SessionRest } from "../../core/session/operations.ts";
import {
  emptySession,
  encodeSessionKey,
  type SessionKey,
  type SessionState,
} from "../../core/session/state.ts";
import type { SessionReceipt, SessionSummary, SessionWrite } from "../../core/session-store.ts";
import { compareInstants, type Instant } from "../../core/time.ts";
import { keptAnswer } from "./answers.ts";
import {
  type MemoryBacking,
  type StoredSession,
  type TenantData,
  tenantForWriting,
  tenantOf,
} from "./backing.ts";
import { copy } from "./copy.ts";
import { appendChange } from "./feed.ts";
import { expired } from "./lookup.ts";
import { newestMessages } from "./newest.ts";
import { atomically, type Transaction } from "./transaction.ts";

export function readSession(
  data: TenantData,
  key: SessionKey,
  options: { now: Instant; newest?: number },
): SessionState | null {
  const session = livingSession(data, key, options.now);
  if (!session) return null;
  const { newest } = options;
  const messages = newest === undefined ? session.messages : newestMessages(session.messages, newest);
  return copy({ ...session.rest, messages });
}

export function writeSession(backing: MemoryBacking, key: SessionKey, write: SessionWrite): SessionReceipt {
  const data = tenantForWriting(backing, key.tenant);
  const { idempotency, expectedVersion, create = true, now } = write;
  const kept = idempotency ? keptAnswer(data, idempotency) : null;
  if (kept !== null) return kept as unknown as SessionReceipt;

  const current = livingSession(data, key, now);
  expectVersion(key, expectedVersion, current);
  if (!current && !create)
    throw new NotFoundError("session_not_found", `There is no session ${JSON.stringify(key.sessionId)}.`, {
      details: { sessionId: key.sessionId },
    });
  const messages = [...(current?.messages ?? [])];
  const { rest, results } = applyOperations(
    current?.rest ?? newSession(key, now),
    arrayLog(messages),
    copy(write.operations),
    now,
  );
  const receipt: SessionReceipt = {
    version: rest.version,
    created: !current,
    results: copy(results),
  };
  atomically((transaction) => {
    transaction.set(data.sessions, encodeSessionKey(key), { key: { ...key }, rest, messages });
    const result = copy(receipt) as unknown as JsonValue;
    if (idempotency) {
      const { fingerprint } = idempotency;
      transaction.set(data.answers, idempotency.key, { fingerprint, result, at: now });
    }
    addChange({ backing, data, transaction }, key, current ? "update" : "create", rest.version, now);
  });
  return receipt;
}

export function deleteSession(
  backing: MemoryBacking,
  key: SessionKey,
  { now, expectedVersion }: { now: Instant; expectedVersion?: number },
): boolean {
  const data = tenantOf(backing, key.tenant);
  const current = livingSession(data, key, now);
  expectVersion(key, expectedVersion, current);
  if (current) removeSession(backing, current, now);
  return current !== undefined;
}

export function findSessions(data: TenantData, sessionId: string, now: Instant): SessionKey[] {
  return livingSessions(data, now)
    .filter(({ key }) => key.sessionId === sessionId)
    .map(({ key }) => ({ ...key }));
}

export function listSessions(
  data: TenantData,
  query: { now: Instant; namespace?: string | null; userId?: string | null; limit: number; offset: number },
): { readonly sessions: SessionSummary[]; readonly total: number } {
  const found = livingSessions(data, query.now).filter(
    ({ key }) =>
      (query.namespace === undefined || key.namespace === query.namespace) &&
      (query.userId === undefined || key.userId === query.userId),
  );
  const sessions = found
    .sort(
      (left, right) =>
        compareInstants(right.rest.updatedAt, left.rest.updatedAt) ||
        compareCodePoints(encodeSessionKey(left.key), encodeSessionKey(right.key)),
    )
    .slice(query.offset, query.offset + query.limit)
    .map(summary);
  return { sessions, total: found.length };
}

export function removeExpiredSessions(backing: MemoryBacking, now: Instant, limit: number): SessionKey[] {
  const gone = [...backing.tenants.values()]
    .flatMap((data) => [...data.sessions.values()])
    .filter(({ rest }) => expired(rest, now))
    .slice(0, limit);
  for (const session of gone) removeSession(backing, session, now);
  return gone.map(({ key }) => ({ ...key }));
}

function removeSession(backing: MemoryBacking, { key, rest }: StoredSession, now: Instant): void {
  const data = tenantForWriting(backing, key.tenant);
  atomically((transaction) => {
    transaction.delete(data.sessions, encodeSessionKey(key));
    addChange({ backing, data, transaction }, key, "delete", rest.version, now);
  });
}

function addChange(
  { backing, data, transaction }: { backing: MemoryBacking; data: TenantData; transaction: Transaction },
  { sessionId, namespace, userId }: SessionKey,
  change: "create" | "update" | "delete",
  version: number,
  at: Instant,
): void {
  const scope = { namespace, userId, agentId: null, sessionId };
  appendChange(backing, data, transaction, { kind: "session", change, id: sessionId, version, at, ...scope });
}

function livingSession(data: TenantData, key: SessionKey, now: Instant): StoredSession | undefined {
  const session = data.sessions.get(encodeSessionKey(key));
  return session && !expired(session.rest, now) ? session : undefined;
}

function livingSessions(data: TenantData, now: Instant): StoredSession[] {
  return [...data.sessions.values()].filter(({ rest }) => !expired(rest, now));
}

function newSession({ sessionId, namespace, userId }: SessionKey, now: Instant): SessionRest {
  const { messages: _, ...content } = emptySession(now);
  return { ...content, sessionId, namespace, userId, expiresAt: null, updatedAt: now, version: 0 };
}

function expectVersion(
  { sessionId }: SessionKey,
  expected: number | undefined,
  current: StoredSession | undefined,
): void {
  const actual = current?.rest.version ?? 0;
  if (expected !== undefined && expected !== actual)
    throw new ConflictError(
      "version_conflict",
      `Session ${JSON.stringify(sessionId)} has version ${actual}, not ${expected}.`,
      { details: { sessionId, expectedVersion: expected, actualVersion: actual } },
    );
}

function summary({ key, rest, messages }: StoredSession): SessionSummary {
  const { createdAt, updatedAt, expiresAt, version } = rest;
  return { ...key, messageCount: messages.length, createdAt, updatedAt, expiresAt, version };
}
