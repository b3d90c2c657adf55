import { ChangesForgottenError } from "../../core/errors.ts";
import type { Change, ForeignChanges } from "../../core/store.ts";
import { compareInstants, type Instant } from "../../core/time.ts";
import { changeParts } from "./change-text.ts";
import { asBytes, asList, asText, type Reply } from "./connection/reply.ts";
import { defineGathered, defineScript } from "./connection/script.ts";
import { tenantKey } from "./keys.ts";
import type { Parts } from "./store-parts.ts";
import { announceTenant } from "./tenants.ts";

/** So many changes come with one reply. */
const PAGE = 1000;

/** A part of the feed, what of it was forgotten, and its end. */
const READ_SCRIPT = defineScript(
  ["feed", "counters"],
  `return {redis.call('XRANGE', feed, ARGV[1], '+', 'COUNT', ARGV[2]), redis.call('HMGET', counters, 'forgotten', 'sequence')}`,
);

export async function readChanges(
  { server, prefix }: Parts,
  tenant: string,
  { after, limit }: { after: number; limit: number },
): Promise<Change[]> {
  const keys = [tenantKey(prefix, tenant, "feed"), tenantKey(prefix, tenant, "counters")];
  const changes: Change[] = [];
  while (changes.length < limit) {
    const amount = Math.min(PAGE, limit - changes.length);
    const from = changes.at(-1)?.sequence ?? after;
    const reply = asList(await server.run(READ_SCRIPT, { keys, args: [`(${from}-0`, amount] }));
    const [forgotten = 0, sequence = 0] = asList(reply[1]).map(Number);
    if (from < forgotten) throw ChangesForgottenError.of({ after, forgotten, sequence });
    const page = asList(reply[0]);
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

/** Argument: the last change to forget. What was forgotten is marked in the same step. */
const FORGET_SCRIPT = defineScript(
  ["feed", "counters"],
  `
if tonumber(redis.call('HGET', counters, 'forgotten') or 0) >= tonumber(ARGV[1]) then return 0 end
redis.call('HSET', counters, 'forgotten', ARGV[1])
return redis.call('XTRIM', feed, 'MINID', string.format('%.0f-0', ARGV[1] + 1))
`,
);

export async function forgetChanges(
  { server, prefix }: Parts,
  tenant: string,
  before: Instant,
  limit: number,
): Promise<number> {
  const keys = [tenantKey(prefix, tenant, "feed"), tenantKey(prefix, tenant, "counters")];
  const [feed = ""] = keys;
  const found = await server.command(feed, ["XRANGE", feed, "-", "+", "COUNT", String(limit + 1)]);
  const oldest = asList(found).map(toChange);
  const young = oldest.findIndex(({ at }) => compareInstants(at, before) > 0);
  // The newest one stays, and the one beyond the limit.
  const last = oldest[(young < 0 ? oldest.length - 1 : young) - 1];
  return last ? Number(await server.run(FORGET_SCRIPT, { keys, args: [last.sequence] })) : 0;
}
