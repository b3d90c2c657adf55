import type { Change, ForeignChanges } from "../../core/store.ts";
import { changeParts } from "./change-text.ts";
import { asBytes, asList, asText, type Reply } from "./connection/reply.ts";
import { ANSWER_ONCE } from "./connection/requests.ts";
import { defineScript } from "./connection/script.ts";
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
const TAKE_SCRIPT = defineScript(
  ["counters", "feed", "positions", "REQUEST"],
  ANSWER_ONCE,
  `
local source, after, last = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local position = tonumber(redis.call('HGET', positions, source) or 0)
if #ARGV == 4 or position ~= after then return position end
for index = 5, #ARGV, 3 do
  local sequence = redis.call('HINCRBY', counters, 'sequence', 1)
  redis.call('XADD', feed, sequence .. '-0', 'v', ARGV[index], 'c', ARGV[index + 1], 's', ARGV[index + 2])
end
redis.call('HSET', positions, source, ARGV[4])
return answer(last)
`,
);

export async function takeChanges(
  { server, prefix, requestId }: Parts,
  tenant: string,
  { source, after, changes }: ForeignChanges,
): Promise<number> {
  if (changes.length > 0) await announceTenant(server, prefix, tenant);
  const fields = ["counters", "feed", "positions", `request:${requestId()}`];
  const reply = await server.write(TAKE_SCRIPT, {
    keys: fields.map((field) => tenantKey(prefix, tenant, field)),
    args: [source, after, changes.at(-1)?.sequence ?? after, ...changes.flatMap(changeParts)],
  });
  return Number(reply);
}
