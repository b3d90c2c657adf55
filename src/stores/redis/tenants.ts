import { asList, asText } from "./connection/reply.ts";
import type { Server } from "./connection/server.ts";
import { tenantKey, tenantsKey } from "./keys.ts";

/** Tenants each server was told of by this process. */
const announced = new WeakMap<Server, Set<string>>();

/**
 * Puts a tenant on the list before its first write: a tenant that is listed and empty does no harm, one that is missing
 * would never be looked after.
 */
export async function announceTenant(server: Server, prefix: string, tenant: string): Promise<void> {
  const known = announced.get(server) ?? new Set();
  announced.set(server, known);
  if (known.has(tenant)) return;
  const key = tenantsKey(prefix);
  await server.command(key, ["SADD", key, tenant]);
  known.add(tenant);
}

/** Tenants that have changed anything. */
export async function tenantNames(server: Server, prefix: string): Promise<string[]> {
  const key = tenantsKey(prefix);
  const names = new Set<string>();
  let cursor = "0";
  do {
    const [next, page] = asList(await server.command(key, ["SSCAN", key, cursor, "COUNT", "500"]));
    for (const name of asList(page)) names.add(asText(name));
    cursor = asText(next);
  } while (cursor !== "0");
  const listed = [...names];
  const sequences = await Promise.all(listed.map((tenant) => lastSequence(server, prefix, tenant)));
  return listed.filter((_, index) => (sequences[index] ?? 0) > 0);
}

export async function lastSequence(server: Server, prefix: string, tenant: string): Promise<number> {
  const key = tenantKey(prefix, tenant, "counters");
  return Number(asText(await server.command(key, ["HGET", key, "sequence"]))) || 0;
}
