import type { Change } from "../../core/store.ts";
import type { Connection } from "./driver.ts";

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

export function readChanges(
  connection: Connection,
  tenant: number,
  { after, limit }: { after: number; limit: number },
): Change[] {
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

export function lastSequence(connection: Connection, tenant: number): number {
  const row = connection.get<{ sequence: number | null }>(
    "SELECT max(sequence) AS sequence FROM changes WHERE tenant = ?",
    tenant,
  );
  return row?.sequence ?? 0;
}
