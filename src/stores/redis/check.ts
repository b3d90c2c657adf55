import { asText } from "./connection/reply.ts";
import { tenantKey } from "./keys.ts";
import type { Parts } from "./store-parts.ts";
import { tenantNames } from "./tenants.ts";

/** What is kept of every present record, and how it is counted. */
const PER_RECORD = [
  ["entries", "HLEN"],
  ["accesses", "HLEN"],
  ["rows", "ZCARD"],
  ["users", "ZCARD"],
  ["makers", "ZCARD"],
] as const;

/** Whether the parts of each tenant's data agree; one sentence for each that does not. */
export async function checkData(parts: Parts): Promise<string[]> {
  const { server, prefix } = parts;
  const problems: string[] = [];
  for (const tenant of await tenantNames(server, prefix)) {
    const count = async (field: string, command: string) => {
      const key = tenantKey(prefix, tenant, field);
      return Number(asText(await server.command(key, [command, key])));
    };
    const name = JSON.stringify(tenant);
    const records = await count("records", "HLEN");
    for (const [field, command] of PER_RECORD) {
      const found = await count(field, command);
      if (found !== records) problems.push(`Tenant ${name} has ${records} records but ${found} ${field}.`);
    }
    const [sessions, ids] = [await count("sessions", "ZCARD"), await count("session-ids", "ZCARD")];
    if (sessions !== ids) problems.push(`Tenant ${name} lists ${sessions} sessions but ${ids} of their ids.`);
  }
  return problems;
}
