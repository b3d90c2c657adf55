import { ChangesForgottenError } from "../../core/errors.ts";
import type { Change, ForeignChanges } from "../../core/store.ts";
import { fromInstantKey, type Instant } from "../../core/time.ts";
import type { Database } from "./database.ts";
import { labelKey } from "./labels.ts";
import { timestamp } from "./rows.ts";
import { sql } from "./sql.ts";
import { decodeText, encodeJson } from "./wire-text.ts";

export async function readChanges(
  database: Database,
  tenant: string,
  { after, limit }: { after: number; limit: number },
): Promise<Change[]> {
  const rows = await database.read(
    tenant,
    sql`SELECT t.forgotten, t.last_sequence, c.sequence, c.kind, c.change, c.id, c.version, SCHEMA.instant_key(c.at),
        c.namespace, c.user_id, c.agent_id, c.session_id
      FROM SCHEMA.changes c JOIN SCHEMA.tenants t ON t.tenant = c.tenant
      WHERE c.tenant = ${labelKey(tenant)} AND c.sequence > ${after}::bigint
      ORDER BY c.sequence LIMIT ${limit}::bigint`,
  );
  // The last change is never forgotten, so whoever missed anything is given at least that one.
  const [forgotten = 0, last = 0] = rows[0]?.map(Number) ?? [];
  if (after < forgotten) throw ChangesForgottenError.of({ after, forgotten, sequence: last });
  return rows.map(([, , sequence, kind, change, ...rest]) => {
    const [id, version, at, namespace, userId, agentId, sessionId] = rest.map(decodeText);
    return {
      sequence: Number(sequence),
      kind: kind as Change["kind"],
      change: change as Change["change"],
      id: id ?? "",
      version: Number(version),
      at: fromInstantKey(at ?? ""),
      namespace: namespace ?? null,
      userId: userId ?? null,
      agentId: agentId ?? null,
      sessionId: sessionId ?? null,
    };
  });
}

/** The number is in the row that writers lock, so that every change up to it is visible with it. */
export async function lastSequence(database: Database, tenant: string): Promise<number> {
  const [row] = await database.ask(
    sql`SELECT last_sequence FROM SCHEMA.tenants WHERE tenant = ${labelKey(tenant)}`,
  );
  return Number(row?.[0] ?? 0);
}

/** Tenants that have changed anything. */
export async function tenantNames(database: Database): Promise<string[]> {
  const rows = await database.ask(
    sql`SELECT name FROM SCHEMA.tenants WHERE last_sequence > 0 ORDER BY tenant`,
  );
  return rows.map(([name = null]) => decodeText(name) ?? "");
}

/** Tells changes of another store too; gives how far its feed was taken. Told twice, they are taken once. */
export function takeChanges(
  database: Database,
  tenant: string,
  { source, after, changes }: ForeignChanges,
): Promise<number> {
  const taken = encodeJson(changes);
  return database.write(tenant, {
    call: () => sql`SCHEMA.take_changes(${tenant}, ${source}, ${after}, ${taken})`,
    result: ([row]) => Number(row?.[0]),
  });
}

export function forgetChanges(
  database: Database,
  tenant: string,
  before: Instant,
  limit: number,
): Promise<number> {
  return database.write(tenant, {
    call: () => sql`SCHEMA.forget_changes(${tenant}, ${timestamp(before)}, ${limit})`,
    result: ([row]) => Number(row?.[0]),
  });
}
