import { forgettable, type VersionRetention } from "../../core/retention.ts";
import type { ResolvedScope } from "../../core/scope.ts";
import { type Instant, instantKey } from "../../core/time.ts";
import type { Connection } from "./driver.ts";
import { appendChange } from "./feed.ts";
import { lastVersion, removeRow, type Writing } from "./record-write.ts";
import { PRESENT_COLUMNS, PRESENT_RECORDS, type PresentRow, presentRecord } from "./rows.ts";
import { tenantForWriting, tenantNumber } from "./tenants.ts";
import type { Steps } from "./writer.ts";

export function* touchRecords(
  connection: Connection,
  tenantName: string,
  ids: readonly string[],
  now: Instant,
): Steps<void> {
  const tenant = tenantNumber(connection, tenantName);
  const key = instantKey(now);
  for (const id of ids) {
    connection.run(
      `UPDATE records SET last_accessed_at = ?, access_count = access_count + 1
       WHERE tenant = ? AND id = ? AND (expires_at IS NULL OR expires_at > ?)`,
      key,
      tenant,
      id,
      key,
    );
    yield;
  }
}

export function* removeExpiredRecords(
  connection: Connection,
  tenantName: string,
  now: Instant,
  limit: number,
): Steps<string[]> {
  const tenant = tenantNumber(connection, tenantName);
  const gone = connection.all<PresentRow & { row: number }>(
    `SELECT r.row, ${PRESENT_COLUMNS} FROM ${PRESENT_RECORDS}
     WHERE r.tenant = ? AND r.expires_at <= ? ORDER BY r.expires_at LIMIT ?`,
    tenant,
    instantKey(now),
    limit,
  );
  const ids: string[] = [];
  for (const row of gone) {
    const record = presentRecord(row);
    removeRow({ connection, tenant, now }, row.row, record, {
      change: "delete",
      note: { reason: "expired" },
    });
    ids.push(record.id);
    yield;
  }
  return ids;
}

export function* eraseRecords(
  connection: Connection,
  tenantName: string,
  ids: readonly string[],
  now: Instant,
): Steps<string[]> {
  const writing: Writing = { connection, tenant: tenantForWriting(connection, tenantName), now };
  const erased: string[] = [];
  for (const id of new Set(ids)) {
    if (erase(writing, id)) erased.push(id);
    yield;
  }
  return erased;
}

/** Gives whether anything of the id was there. */
function erase(writing: Writing, id: string): boolean {
  const { connection, tenant, now } = writing;
  const scope = lastScope(writing, id);
  const version = lastVersion(writing, id) + 1;
  connection.run("DELETE FROM records WHERE tenant = ? AND id = ?", tenant, id);
  connection.run("DELETE FROM versions WHERE tenant = ? AND id = ?", tenant, id);
  const aliases = connection.run("DELETE FROM aliases WHERE tenant = ? AND id = ?", tenant, id);
  connection.run("DELETE FROM aliases WHERE tenant = ? AND target = ?", tenant, id);
  if (!scope && aliases.changes === 0) return false;
  connection.run(
    `INSERT INTO erasures (tenant, id, version) VALUES (?, ?, ?)
     ON CONFLICT (tenant, id) DO UPDATE SET version = excluded.version`,
    tenant,
    id,
    version,
  );
  appendChange(connection, tenant, {
    kind: "record",
    change: "delete",
    id,
    version,
    at: now,
    ...(scope ?? NO_SCOPE),
  });
  return true;
}

type RecordScope = Omit<ResolvedScope, "tenant">;

const NO_SCOPE: RecordScope = { namespace: null, userId: null, agentId: null, sessionId: null };

/** The scope the id was last in; undefined when it has no history. */
function lastScope({ connection, tenant }: Writing, id: string): RecordScope | undefined {
  const row = connection.get<{ body: string }>(
    "SELECT body FROM versions WHERE tenant = ? AND id = ? ORDER BY version DESC LIMIT 1",
    tenant,
    id,
  );
  if (!row) return undefined;
  const { namespace, userId, agentId, sessionId } = JSON.parse(row.body) as RecordScope;
  return { namespace, userId, agentId, sessionId };
}

export function* forgetVersions(
  connection: Connection,
  tenantName: string,
  ids: readonly string[],
  retention: VersionRetention,
): Steps<number> {
  const tenant = tenantNumber(connection, tenantName);
  let forgotten = 0;
  for (const id of ids) {
    const versions = connection
      .all<{ version: number; at: string; present: number }>(
        "SELECT version, at, present FROM versions WHERE tenant = ? AND id = ? ORDER BY version",
        tenant,
        id,
      )
      .map((row) => ({ ...row, present: row.present === 1 }));
    const first = versions[forgettable(versions, retention)];
    if (first !== versions[0] && first !== undefined) {
      const { changes } = connection.run(
        "DELETE FROM versions WHERE tenant = ? AND id = ? AND version < ?",
        tenant,
        id,
        first.version,
      );
      forgotten += Number(changes);
    }
    yield;
  }
  return forgotten;
}
