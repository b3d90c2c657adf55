import type { Change, ForeignChanges } from "../../core/store.ts";
import { changeParts } from "./change-text.ts";
import { asBytes, asList, asText, type Reply } from "./connection/reply.ts";
import { defineGathered } from "./connection/script.ts";
import { tenantKey } from "./keys.ts";
import type { Parts } from "./store-parts.ts";
import { announceTenant } from "./tenants.ts";

/** So many changes come with one reply. */
const PAGE = 1000;

export async function readChanges(
  { server, prefix }: Parts,
  tenant: string,
  { after, limit }: { after: number; limit: number },
): Promise<Change[]> {
  const key = tenantKey(prefix, tenant, "feed");
  const changes: Change[] = [];
  while (changes.length < limit) {
    const amount = Math.min(PAGE, limit - changes.length);
    const from = `(${changes.at(-1)?.sequence ?? after}-0`;
    const page = asList(await server.command(key, ["XRANGE", key, from, "+", "COUNT", String(amount)]));
    changes.push(...page.map(toChange));
    if (page.length < amount) break;
  }
  return changes;
}

/** An entry's id is its sequence; its fields are version, change and scope. */
function toChange(item: Reply): Change {
  const [entryId, fields] = asList(item);
  const [, version, , change, , scope] = asList(fields);
  const [kind, what, id, at] = JSON.parse(asText(change));
  const [namespace, userId, agentId, sessionId] = JSON.parse(asBytes(scope).toString("utf8"));
  const sequence = Number.parseInt(asText(entryId), 10);
  return {
    sequence,
    kind,
    change: what,
    id,
    version: Number(asText(version)),
    at,
    namespace,
    userId,
    agentId,
    sessionId,
  };
}

/** Arguments: source, its position before, its position then, and version, change and scope of each change. */
const TAKE_SCRIPT = defineGathered({
  writes: true,
  shared: ["counters", "feed", "positions"],
  call: [
    `
local source, after, last = take(), tonumber(take()), take()
local current = tonumber(redis.call('HGET', positions, source) or 0)
if position == stop or current ~= after then return current end
while position < stop do
  local sequence = redis.call('HINCRBY', counters, 'sequence', 1)
  redis.call('XADD', feed, sequence .. '-0', 'v', take(), 'c', take(), 's', take())
end
redis.call('HSET', positions, source, last)
return tonumber(last)
`,
  ],
});

export async function takeChanges(
  { server, prefix }: Parts,
  tenant: string,
  { source, after, changes }: ForeignChanges,
): Promise<number> {
  if (changes.length > 0) await announceTenant(server, prefix, tenant);
  const reply = await server.gather(
    {
      script: TAKE_SCRIPT,
      group: tenant,
      shared: ["counters", "feed", "positions"].map((field) => tenantKey(prefix, tenant, field)),
      request: (name) => tenantKey(prefix, tenant, name),
    },
    {
      keys: [],
      args: [source, after, changes.at(-1)?.sequence ?? after, ...changes.flatMap(changeParts)],
    },
  );
  return Number(reply);
}
