import { ConflictError, NotFoundError } from "../../core/errors.ts";
import type { JsonValue } from "../../core/json.ts";
import { applyOperations, type SessionRest } from "../../core/session/operations.ts";
import {
  emptySession,
  encodeSessionKey,
  type Message,
  type SessionKey,
  type SessionState,
} from "../../core/session/state.ts";
import type { SessionReceipt, SessionWrite } from "../../core/session-store.ts";
import { type Instant, instantKey } from "../../core/time.ts";
import { keepAnswer, keptAnswer } from "./answers.ts";
import type { Connection } from "./driver.ts";
import { appendChange } from "./feed.ts";
import { createMessageLog } from "./message-log.ts";
import { expiryKey } from "./rows.ts";
import { tenantForWriting } from "./tenants.ts";

interface SessionRow {
  readonly session: number;
  readonly version: number;
  readonly message_count: number;
  readonly expires_at: string | null;
  readonly state: string;
}

export function readSession(
  connection: Connection,
  key: SessionKey,
  { now, newest }: { now: Instant; newest?: number },
): SessionState | null {
  const row = living(sessionRow(connection, key), now);
  if (!row) return null;
  const messages =
    newest === undefined
      ? connection.all<{ body: string }>(
          "SELECT body FROM messages WHERE session = ? ORDER BY position",
          row.session,
        )
      : connection
          .all<{ body: string }>(
            `SELECT body FROM messages WHERE session = ? ORDER BY created_at DESC, position DESC LIMIT ?`,
            row.session,
            newest,
          )
          .reverse();
  return {
    ...(JSON.parse(row.state) as SessionRest),
    messages: messages.map(({ body }) => JSON.parse(body) as Message),
  };
}

export function writeSession(connection: Connection, key: SessionKey, write: SessionWrite): SessionReceipt {
  const { idempotency, expectedVersion, create = true, now } = write;
  const tenant = tenantForWriting(connection, key.tenant);
  const kept = idempotency ? keptAnswer(connection, tenant, idempotency) : null;
  if (kept !== null) return kept as unknown as SessionReceipt;

  const found = sessionRow(connection, key);
  const current = living(found, now);
  expectVersion(key, expectedVersion, current);
  if (!current && !create)
    throw new NotFoundError("session_not_found", `There is no session ${JSON.stringify(key.sessionId)}.`, {
      details: { sessionId: key.sessionId },
    });
  if (found && !current) connection.run("DELETE FROM sessions WHERE session = ?", found.session);

  const before = current ? (JSON.parse(current.state) as SessionRest) : newSession(key, now);
  const session = current ? current.session : insertSession(connection, tenant, key, before);
  const log = createMessageLog(connection, session, current?.message_count ?? 0);
  const { rest, results } = applyOperations(before, log, write.operations, now);
  connection.run(
    `UPDATE sessions SET version = ?, message_count = ?, created_at = ?, updated_at = ?, expires_at = ?, state = ?
     WHERE session = ?`,
    rest.version,
    log.count,
    rest.createdAt,
    instantKey(rest.updatedAt),
    expiryKey(rest.expiresAt),
    JSON.stringify(rest),
    session,
  );
  addChange(connection, tenant, key, {
    change: current ? "update" : "create",
    version: rest.version,
    at: now,
  });
  const receipt: SessionReceipt = { version: rest.version, created: !current, results };
  if (idempotency)
    keepAnswer(connection, tenant, idempotency, { result: receipt as unknown as JsonValue, now });
  return receipt;
}

export function deleteSession(
  connection: Connection,
  key: SessionKey,
  { now, expectedVersion }: { now: Instant; expectedVersion?: number },
): boolean {
  const current = living(sessionRow(connection, key), now);
  expectVersion(key, expectedVersion, current);
  if (current) removeSession(connection, key, current, now);
  return current !== undefined;
}

export function removeSession(
  connection: Connection,
  key: SessionKey,
  { session, version }: Pick<SessionRow, "session" | "version">,
  now: Instant,
): void {
  connection.run("DELETE FROM sessions WHERE session = ?", session);
  addChange(connection, tenantForWriting(connection, key.tenant), key, {
    change: "delete",
    version,
    at: now,
  });
}

function sessionRow(connection: Connection, key: SessionKey): SessionRow | undefined {
  return connection.get<SessionRow>(
    "SELECT session, version, message_count, expires_at, state FROM sessions WHERE key = ?",
    encodeSessionKey(key),
  );
}

function living(row: SessionRow | undefined, now: Instant): SessionRow | undefined {
  return row && (row.expires_at === null || row.expires_at > instantKey(now)) ? row : undefined;
}

function insertSession(connection: Connection, tenant: number, key: SessionKey, rest: SessionRest): number {
  const { lastRow } = connection.run(
    `INSERT INTO sessions (tenant, key, namespace, user_id, session_id, version, message_count, created_at, updated_at, state)
     VALUES (?, ?, ?, ?, ?, 0, 0, ?, ?, '{}')`,
    tenant,
    encodeSessionKey(key),
    key.namespace,
    key.userId,
    key.sessionId,
    rest.createdAt,
    instantKey(rest.updatedAt),
  );
  return lastRow;
}

function newSession({ sessionId, namespace, userId }: SessionKey, now: Instant): SessionRest {
  const { messages: _, ...content } = emptySession(now);
  return { ...content, sessionId, namespace, userId, expiresAt: null, updatedAt: now, version: 0 };
}

function addChange(
  connection: Connection,
  tenant: number,
  { sessionId, namespace, userId }: SessionKey,
  change: { change: "create" | "update" | "delete"; version: number; at: Instant },
): void {
  const scope = { namespace, userId, agentId: null, sessionId };
  appendChange(connection, tenant, { kind: "session", id: sessionId, ...change, ...scope });
}

function expectVersion(
  { sessionId }: SessionKey,
  expected: number | undefined,
  current: SessionRow | undefined,
): void {
  const actual = current?.version ?? 0;
  if (expected !== undefined && expected !== actual)
    throw new ConflictError(
      "version_conflict",
      `Session ${JSON.stringify(sessionId)} has version ${actual}, not ${expected}.`,
      { details: { sessionId, expectedVersion: expected, actualVersion: actual } },
    );
}
