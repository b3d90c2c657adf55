import type { AliasPage } from "../../core/store.ts";
import { fromInstantKey, type Instant, instantKey } from "../../core/time.ts";
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

/** The aliases that hold now, by id. */
export function presentAliases(
  connection: Connection,
  tenant: number,
  { cursor, limit }: { readonly cursor: string | null; readonly limit: number },
): AliasPage {
  const rows = connection.all<{ id: string; target: string; at: string }>(
    `SELECT id, target, at FROM aliases WHERE tenant = ? AND id > ? AND target IS NOT NULL
       AND number = (SELECT max(number) FROM aliases last WHERE last.tenant = aliases.tenant AND last.id = aliases.id)
     ORDER BY id LIMIT ?`,
    tenant,
    cursor ?? "",
    limit + 1,
  );
  const aliases = rows.slice(0, limit).map(({ id, target, at }) => ({ id, target, at: fromInstantKey(at) }));
  return { aliases, cursor: rows.length > limit ? (aliases.at(-1)?.id ?? null) : null };
}

function aliasTarget(connection: Connection, tenant: number, id: string, asOf?: Instant): string | null {
  const last = connection.get<{ target: string | null }>(
    `SELECT target FROM aliases WHERE tenant = ? AND id = ?${asOf === undefined ? "" : " AND at <= ?"}
     ORDER BY number DESC LIMIT 1`,
    ...[tenant, id, ...(asOf === undefined ? [] : [instantKey(asOf)])],
  );
  return last?.target ?? null;
}
