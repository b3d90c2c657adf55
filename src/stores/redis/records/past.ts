import type { MemoryRecord } from "../../../core/record.ts";
import { compareInstants, type Instant, instantKey } from "../../../core/time.ts";
import { asList } from "../connection/reply.ts";
import { defineScript } from "../connection/script.ts";
import { tenantKey } from "../keys.ts";
import type { Parts } from "../store-parts.ts";
import { decodeValue } from "../values.ts";
import { historyKeys } from "./keys.ts";
import { toRecord } from "./rows.ts";

interface PastMoment {
  readonly now: Instant;
  readonly asOf: Instant;
}

/**
 * Gives record and version of each id as it was at an instant, or nothing. Keys: the present records, the history of
 * each id. Looks at the last versions first, because most questions are about the near past.
 */
const PAST_SCRIPT = defineScript(
  ["records"],
  `
local PARTS = 5
local found = {}
for index = 2, #ARGV do
  local history = KEYS[index]
  local place = redis.call('LLEN', history) - PARTS
  while place >= 0 and string.sub(redis.call('LINDEX', history, place + 1), 1, -2) > ARGV[1] do
    place = place - PARTS
  end
  found[index - 1] = false
  if place >= 0 and string.sub(redis.call('LINDEX', history, place + 1), -1) == '+' then
    local body = redis.call('LINDEX', history, place + 4)
    if body == '' then body = redis.call('HGET', records, ARGV[index]) end
    found[index - 1] = {body, redis.call('LINDEX', history, place)}
  end
end
return found
`,
);

/** Records as they were stored under the ids themselves. */
export async function ownPast(
  { server, prefix }: Parts,
  tenant: string,
  ids: readonly string[],
  { now, asOf }: PastMoment,
): Promise<(MemoryRecord | null)[]> {
  const reply = await server.run(PAST_SCRIPT, {
    keys: [tenantKey(prefix, tenant, "records"), ...historyKeys(prefix, tenant, ids)],
    args: [instantKey(asOf), ...ids],
  });
  return asList(reply).map((found) => {
    const [body, version] = asList(found);
    if (body === undefined) return null;
    const record = toRecord(body, version, "");
    return record.expiresAt !== null && compareInstants(record.expiresAt, now) <= 0 ? null : record;
  });
}

/** Reads by id, following aliases as they were. */
export async function readPast(
  parts: Parts,
  tenant: string,
  ids: readonly string[],
  moment: PastMoment,
): Promise<(MemoryRecord | null)[]> {
  const targets = await resolvePast(parts, tenant, ids, moment.asOf);
  const wanted = [...new Set(targets.filter((target) => target !== null))];
  const records = wanted.length === 0 ? [] : await ownPast(parts, tenant, wanted, moment);
  const byId = new Map(wanted.map((id, index) => [id, records[index] ?? null]));
  return targets.map((target) => (target === null ? null : (byId.get(target) ?? null)));
}

/** Where each id led at an instant; null for one that led in a circle. */
async function resolvePast(
  { server, prefix }: Parts,
  tenant: string,
  ids: readonly string[],
  asOf: Instant,
): Promise<(string | null)[]> {
  const key = tenantKey(prefix, tenant, "aliases");
  const next = new Map<string, string | null>();
  let asked = [...new Set(ids)];
  while (asked.length > 0) {
    const kept = asList(await server.command(key, ["HMGET", key, ...asked]));
    for (const [index, id] of asked.entries()) {
      const changes = Buffer.isBuffer(kept[index])
        ? (decodeValue(kept[index]) as [string | null, Instant][])
        : [];
      next.set(id, changes.findLast(([, at]) => compareInstants(at, asOf) <= 0)?.[0] ?? null);
    }
    asked = [...new Set(next.values())].filter((id): id is string => id !== null && !next.has(id));
  }
  return ids.map((id) => {
    const visited = new Set<string>();
    for (let current = id; ; ) {
      const target = next.get(current) ?? null;
      if (target === null) return current;
      visited.add(current);
      if (visited.has(target)) return null;
      current = target;
    }
  });
}
