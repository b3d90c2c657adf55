import type { Connection } from "./driver.ts";

/** No row has this number, so queries for a tenant nobody wrote to find nothing. */
const NOBODY = 0;

/** The short number that stands for a tenant in every table. */
export function tenantNumber(connection: Connection, name: string): number {
  return (
    connection.get<{ tenant: number }>("SELECT tenant FROM tenants WHERE name = ?", name)?.tenant ?? NOBODY
  );
}

/** The tenant's number, given to it now when it has none. */
export function tenantForWriting(connection: Connection, name: string): number {
  return (
    tenantNumber(connection, name) || connection.run("INSERT INTO tenants (name) VALUES (?)", name).lastRow
  );
}

/** Tenants that have changed anything. */
export function tenantNames(connection: Connection): string[] {
  const rows = connection.all<{ name: string }>(
    "SELECT name FROM tenants t WHERE EXISTS (SELECT 1 FROM changes WHERE tenant = t.tenant) ORDER BY tenant",
  );
  return rows.map(({ name }) => name);
}
