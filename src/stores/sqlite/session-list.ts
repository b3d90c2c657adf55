import type { SessionKey } from "../../core/session/state.ts";
import type { SessionSummary } from "../../core/session-store.ts";
import { fromInstantKey, type Instant, instantKey } from "../../core/time.ts";
import type { Connection } from "./driver.ts";
import { removeSession } from "./sessions.ts";
import { constant, type Sql, sql, statement } from "./sql.ts";
import type { Steps } from "./writer.ts";

interface KeyRow {
  readonly tenant: string;
  readonly namespace: string | null;
  readonly userId: string | null;
  readonly sessionId: string;
}

const KEY_COLUMNS = "t.name AS tenant, s.namespace, s.user_id AS userId, s.session_id AS sessionId";

export function findSessions(
  connection: Connection,
  tenant: number,
  sessionId: string,
  now: Instant,
): SessionKey[] {
  const rows = connection.all<KeyRow>(
    `SELECT ${KEY_COLUMNS} FROM sessions s JOIN tenants t ON t.tenant = s.tenant
     WHERE s.tenant = ? AND s.session_id = ? AND (s.expires_at IS NULL OR s.expires_at > ?) ORDER BY s.session`,
    tenant,
    sessionId,
    instantKey(now),
  );
  return rows.map(sessionKey);
}

interface SummaryRow extends KeyRow {
  readonly message_count: number;
  readonly created_at: string;
  readonly updated_at: string;
  readonly expires_at: string | null;
  readonly version: number;
}

export function listSessions(
  connection: Connection,
  tenant: number,
  query: { now: Instant; namespace?: string | null; userId?: string | null; limit: number; offset: number },
): { readonly sessions: SessionSummary[]; readonly total: number } {
  const { namespace, userId, limit, offset } = query;
  const where = sql`s.tenant = ${tenant} AND (s.expires_at IS NULL OR s.expires_at > ${instantKey(query.now)})
    ${restriction("s.namespace", namespace)} ${restriction("s.user_id", userId)}`;
  const page =
    statement(sql`SELECT ${constant(KEY_COLUMNS)}, s.message_count, s.created_at, s.updated_at, s.expires_at, s.version
    FROM sessions s JOIN tenants t ON t.tenant = s.tenant
    WHERE ${where} ORDER BY s.updated_at DESC, s.key LIMIT ${limit} OFFSET ${offset}`);
  const total = statement(sql`SELECT count(*) AS count FROM sessions s WHERE ${where}`);
  return {
    sessions: connection.all<SummaryRow>(page.text, ...page.values).map(summary),
    total: connection.get<{ count: number }>(total.text, ...total.values)?.count ?? 0,
  };
}

export function* removeExpiredSessions(
  connection: Connection,
  now: Instant,
  limit: number,
): Steps<SessionKey[]> {
  const rows = connection.all<KeyRow & { session: number; version: number }>(
    `SELECT s.session, s.version, ${KEY_COLUMNS} FROM sessions s JOIN tenants t ON t.tenant = s.tenant
     WHERE s.expires_at <= ? ORDER BY s.expires_at LIMIT ?`,
    instantKey(now),
    limit,
  );
  const keys: SessionKey[] = [];
  for (const row of rows) {
    const key = sessionKey(row);
    removeSession(connection, key, row, now);
    keys.push(key);
    yield;
  }
  return keys;
}

function restriction(column: string, value: string | null | undefined): Sql {
  return value === undefined ? constant("") : sql`AND ${constant(column)} IS ${value}`;
}

function sessionKey({ tenant, namespace, userId, sessionId }: KeyRow): SessionKey {
  return { tenant, namespace, userId, sessionId };
}

function summary(row: SummaryRow): SessionSummary {
  return {
    ...sessionKey(row),
    messageCount: row.message_count,
    createdAt: row.created_at,
    updatedAt: fromInstantKey(row.updated_at),
    expiresAt: row.expires_at === null ? null : fromInstantKey(row.expires_at),
    version: row.version,
  };
}
