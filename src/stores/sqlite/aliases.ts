import { type Instant, instantKey } from "../../core/time.ts";
import type { Connection } from "./driver.ts";

/** From `now` on reading `id` gives `target`; null: the record stored under `id` itself. */
export function setAlias(
  writing: { readonly connection: Connection; readonly tenant: number; readonly now: Instant },
  id: string,
  target: string | null,
): void {
  const { connection, tenant, now } = writing;
  if (target === aliasTarget(connection, tenant, id)) return;
  connection.run(
    "INSERT INTO aliases (tenant, id, target, at) VALUES (?, ?, ?, ?)",
    tenant,
    id,
    target,
    instantKey(now),
  );
}

/**
 * The id whose record reading `id` gives, following aliases as they were at `asOf`, by default now; null when they lead
 * in a circle.
 */
export function resolveAlias(
  connection: Connection,
  tenant: number,
  id: string,
  asOf?: Instant,
): string | null {
  const visited = new Set<string>();
  let current = id;
  for (;;) {
    const target = aliasTarget(connection, tenant, current, asOf);
    if (target === null) return current;
    visited.add(current);
    if (visited.has(target)) return null;
    current = target;
  }
}

function aliasTarget(connection: Connection, tenant: number, id: string, asOf?: Instant): string | null {
  const last = connection.get<{ target: string | null }>(
    `SELECT target FROM aliases WHERE tenant = ? AND id = ?${asOf === undefined ? "" : " AND at <= ?"}
     ORDER BY number DESC LIMIT 1`,
    ...[tenant, id, ...(asOf === undefined ? [] : [instantKey(asOf)])],
  );
  return last?.target ?? null;
}
