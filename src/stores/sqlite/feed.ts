import { ChangesForgottenError } from "../../core/errors.ts";
import type { Change, ForeignChanges } from "../../core/store.ts";
import { compareInstants, type Instant } from "../../core/time.ts";
import type { Connection } from "./driver.ts";
import { tenantForWriting, tenantNumber } from "./tenants.ts";
import type { Steps } from "./writer.ts";

/** Appends to the change feed. */
export function appendChange(
  connection: Connection,
  tenant: number,
  { kind, change, id, version, at, namespace, userId, agentId, sessionId }: Omit<Change, "sequence">,
): void {
  connection.run(
    `INSERT INTO changes (tenant, kind, change, id, version, at, namespace, user_id, agent_id, session_id)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    tenant,
    kind,
    change,
    id,
    version,
    at,
    namespace,
    userId,
    agentId,
    sessionId,
  );
}

/** Tells changes of another store too; gives how far its feed was taken. */
export function* takeChanges(
  connection: Connection,
  tenantName: string,
  { source, after, changes }: ForeignChanges,
): Steps<number> {
  const position =
    connection.get<{ position: number }>(
      "SELECT position FROM positions WHERE tenant = ? AND source = ?",
      tenantNumber(connection, tenantName),
      source,
    )?.position ?? 0;
  const last = changes.at(-1);
  if (!last || position !== after) return position;
  const tenant = tenantForWriting(connection, tenantName);
  for (const change of changes) {
    appendChange(connection, tenant, change);
    yield;
  }
  connection.run(
    `INSERT INTO positions (tenant, source, position) VALUES (?, ?, ?)
     ON CONFLICT (tenant, source) DO UPDATE SET position = excluded.position`,
    tenant,
    source,
    last.sequence,
  );
  return last.sequence;
}

export function readChanges(
  connection: Connection,
  tenant: number,
  { after, limit }: { after: number; limit: number },
): Change[] {
  const forgotten = forgottenUpTo(connection, tenant);
  if (after < forgotten)
    throw ChangesForgottenError.of({ after, forgotten, sequence: lastSequence(connection, tenant) });
  const rows = connection.all<Change>(
    `SELECT sequence, kind, change, id, version, at,
       namespace, user_id AS userId, agent_id AS agentId, session_id AS sessionId
     FROM changes WHERE tenant = ? AND sequence > ? ORDER BY sequence LIMIT ?`,
    tenant,
    after,
    limit,
  );
  // SQLite's rows have no prototype; changes are ordinary objects.
  return rows.map((row) => ({ ...row }));
}

function forgottenUpTo(connection: Connection, tenant: number): number {
  const row = connection.get<{ forgotten: number }>("SELECT forgotten FROM tenants WHERE tenant = ?", tenant);
  return row?.forgotten ?? 0;
}

/** The pages of what is deleted are filled with later changes; the file does not shrink. */
export function forgetChanges(
  connection: Connection,
  tenantName: string,
  before: Instant,
  limit: number,
): number {
  const tenant = tenantNumber(connection, tenantName);
  const oldest = connection.all<{ sequence: number; at: string }>(
    "SELECT sequence, at FROM changes WHERE tenant = ? ORDER BY sequence LIMIT ?",
    tenant,
    limit + 1,
  );
  const young = oldest.findIndex(({ at }) => compareInstants(at, before) > 0);
  // The newest one stays, and the one beyond the limit.
  const last = oldest[(young < 0 ? oldest.length - 1 : young) - 1];
  if (!last) return 0;
  connection.run("UPDATE tenants SET forgotten = ? WHERE tenant = ?", last.sequence, tenant);
  const { changes } = connection.run(
    "DELETE FROM changes WHERE tenant = ? AND sequence <= ?",
    tenant,
    last.sequence,
  );
  return Number(changes);
}

export function lastSequence(connection: Connection, tenant: number): number {
  const row = connection.get<{ sequence: number | null }>(
    "SELECT max(sequence) AS sequence FROM changes WHERE tenant = ?",
    tenant,
  );
  return row?.sequence ?? 0;
}
