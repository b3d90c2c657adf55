import type { SessionRest } from "../../core/session/operations.ts";
import type { SessionKey } from "../../core/session/state.ts";
import type { SessionSummary } from "../../core/session-store.ts";
import type { Instant } from "../../core/time.ts";
import type { Database } from "./database.ts";
import { labelKey } from "./labels.ts";
import { timestamp } from "./rows.ts";
import { constant, type Sql, sql } from "./sql.ts";
import { decodeJson } from "./wire-text.ts";

const LIVING = (tenant: string, now: Instant) =>
  sql`s.tenant = ${labelKey(tenant)} AND (s.expires_at IS NULL OR s.expires_at > ${timestamp(now)})`;

export async function findSessions(
  database: Database,
  tenant: string,
  sessionId: string,
  now: Instant,
): Promise<SessionKey[]> {
  const rows = await database.read(
    tenant,
    sql`SELECT s.state FROM SCHEMA.sessions s
      WHERE ${LIVING(tenant, now)} AND s.session_id = ${labelKey(sessionId)} ORDER BY s.session`,
  );
  return rows.map(([state]) => keyOf(tenant, decodeJson<SessionRest>(state ?? "")));
}

export async function listSessions(
  database: Database,
  tenant: string,
  query: { now: Instant; namespace?: string | null; userId?: string | null; limit: number; offset: number },
): Promise<{ readonly sessions: SessionSummary[]; readonly total: number }> {
  const { namespace, userId, limit, offset } = query;
  const where = sql`${LIVING(tenant, query.now)} ${restriction("s.namespace", namespace)}
    ${restriction("s.user_id", userId)}`;
  // Both of one statement, so that they tell of one moment; the total comes in a row of its own when the page is empty.
  const rows = await database.read(
    tenant,
    sql`SELECT total.count, page.message_count, page.state
      FROM (SELECT count(*) AS count FROM SCHEMA.sessions s WHERE ${where}) AS total
      LEFT JOIN (SELECT s.* FROM SCHEMA.sessions s WHERE ${where} ORDER BY s.updated_at DESC, s.key
        LIMIT ${limit}::bigint OFFSET ${offset}::bigint) AS page ON true
      ORDER BY page.updated_at DESC, page.key`,
  );
  return {
    sessions: rows.flatMap(([, messageCount, state]) =>
      state == null ? [] : [summary(tenant, Number(messageCount), decodeJson<SessionRest>(state))],
    ),
    total: Number(rows[0]?.[0] ?? 0),
  };
}

export async function removeExpiredSessions(
  database: Database,
  now: Instant,
  limit: number,
): Promise<SessionKey[]> {
  return database.write("", {
    call: (request) => sql`SCHEMA.remove_expired_sessions(${timestamp(now)}, ${limit}, ${request})`,
    result: (rows) =>
      rows.map(([key]) => {
        const [tenant, namespace, userId, sessionId] = decodeJson<
          [string, string | null, string | null, string]
        >(key ?? "[]");
        return { tenant, namespace, userId, sessionId };
      }),
  });
}

function restriction(column: string, value: string | null | undefined): Sql {
  if (value === undefined) return constant("");
  return value === null
    ? constant(`AND ${column} IS NULL`)
    : sql`AND ${constant(column)} = ${labelKey(value)}`;
}

function keyOf(tenant: string, { namespace, userId, sessionId }: SessionRest): SessionKey {
  return { tenant, namespace, userId, sessionId };
}

function summary(tenant: string, messageCount: number, rest: SessionRest): SessionSummary {
  const { createdAt, updatedAt, expiresAt, version } = rest;
  return { ...keyOf(tenant, rest), messageCount, createdAt, updatedAt, expiresAt, version };
}
