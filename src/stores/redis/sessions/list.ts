import { compareCodePoints } from "../../../core/filter/evaluate.ts";
import { encodeSessionKey, type SessionKey } from "../../../core/session/state.ts";
import type { SessionSummary } from "../../../core/session-store.ts";
import type { Instant } from "../../../core/time.ts";
import { asList, asText } from "../connection/reply.ts";
import { defineScript } from "../connection/script.ts";
import { sessionFieldKey, sessionOfMember, tenantKey } from "../keys.ts";
import { fromMicroseconds, toMicroseconds } from "../microseconds.ts";
import type { Parts } from "../store-parts.ts";
import { userSessionsKey } from "./keys.ts";

/** Members of a sorted set with their scores, where they have not expired. */
const LIVING = `
local function living(members, now)
  local found = {}
  if #members == 0 then return found end
  for _, item in ipairs(members) do
    local expires = redis.call('ZSCORE', sessionExpiries, item[1])
    found[#found + 1] = {item[1], item[2], (not expires or tonumber(expires) > tonumber(now)) and 1 or 0}
  end
  return found
end
`;

const FIND_SCRIPT = defineScript(
  ["sessionIds", "sessionExpiries"],
  LIVING,
  `
local members = redis.call('ZRANGEBYLEX', sessionIds, '[' .. ARGV[2] .. '\\0', '(' .. ARGV[2] .. '\\1', 'LIMIT', ARGV[3], ARGV[4])
for index, member in ipairs(members) do members[index] = {member, '0'} end
return living(members, ARGV[1])
`,
);

const LIST_SCRIPT = defineScript(
  ["sessions", "sessionExpiries"],
  LIVING,
  `
local flat = redis.call('ZREVRANGE', sessions, ARGV[2], ARGV[2] + ARGV[3] - 1, 'WITHSCORES')
local members = {}
for index = 1, #flat, 2 do members[#members + 1] = {flat[index], flat[index + 1]} end
return {living(members, ARGV[1]), redis.call('ZCARD', sessions),
  redis.call('ZCOUNT', sessionExpiries, '-inf', ARGV[1])}
`,
);

const PAGE = 500;

export async function findSessions(
  { server, prefix }: Parts,
  tenant: string,
  sessionId: string,
  now: Instant,
): Promise<SessionKey[]> {
  const keys = ["session-ids", "session-expiries"].map((field) => tenantKey(prefix, tenant, field));
  const found: SessionKey[] = [];
  for (let start = 0; ; start += PAGE) {
    const args = [toMicroseconds(now), sessionId, start, PAGE];
    const page = asList(await server.run(FIND_SCRIPT, { keys, args })).map(asList);
    for (const [member, , lives] of page)
      if (lives === 1) found.push(sessionOfMember(tenant, asText(member)));
    if (page.length < PAGE) return found;
  }
}

interface SessionQuery {
  readonly now: Instant;
  readonly namespace?: string | null;
  readonly userId?: string | null;
  readonly limit: number;
  readonly offset: number;
}

export async function listSessions(
  parts: Parts,
  tenant: string,
  query: SessionQuery,
): Promise<{ readonly sessions: SessionSummary[]; readonly total: number }> {
  const { limit, offset } = query;
  const { found, total } = await newestSessions(parts, tenant, query);
  const sorted = found.sort(
    (left, right) =>
      right.updated - left.updated ||
      compareCodePoints(encodeSessionKey(left.key), encodeSessionKey(right.key)),
  );
  const page = sorted.slice(offset, offset + limit).map(({ key }) => summary(parts, key));
  return { sessions: (await Promise.all(page)).filter((item) => item !== null), total };
}

interface Listed {
  readonly key: SessionKey;
  readonly updated: number;
}

/**
 * The living sessions that fit, down to the end of the page and of the instant its last one was updated in: ties are the
 * caller's to order. The walk goes on to the end only where the total cannot be told otherwise.
 */
async function newestSessions(
  { server, prefix }: Parts,
  tenant: string,
  { now, namespace, userId, limit, offset }: SessionQuery,
): Promise<{ readonly found: Listed[]; readonly total: number }> {
  const set =
    userId === undefined ? tenantKey(prefix, tenant, "sessions") : userSessionsKey(prefix, tenant, userId);
  const keys = [set, tenantKey(prefix, tenant, "session-expiries")];
  const found: Listed[] = [];
  let total = 0;
  for (let start = 0; ; start += PAGE) {
    const reply = await server.run(LIST_SCRIPT, {
      keys,
      args: [toMicroseconds(now), start, PAGE],
    });
    const [items, all, expired] = asList(reply);
    const page = asList(items).map(asList);
    for (const [member, score, lives] of page) {
      const key = sessionOfMember(tenant, asText(member));
      if (lives !== 1 || (namespace !== undefined && key.namespace !== namespace)) continue;
      total++;
      const updated = Number(asText(score));
      if (found.length < offset + limit || found.at(-1)?.updated === updated) found.push({ key, updated });
    }
    if (page.length < PAGE) return { found, total };
    const pageEnds =
      found.length >= offset + limit && found.at(-1)?.updated !== Number(asText(page.at(-1)?.[1]));
    if (pageEnds && namespace === undefined && expired === 0) return { found, total: Number(all) };
  }
}

async function summary({ server, prefix }: Parts, key: SessionKey): Promise<SessionSummary | null> {
  const meta = sessionFieldKey(prefix, key, "meta");
  const fields = ["messages", "created", "updated", "expires", "version"];
  const [count, createdAt, updatedAt, expires, version] = asList(
    await server.command(meta, ["HMGET", meta, ...fields]),
  ).map(asText);
  // Removed since it was listed.
  if (!version) return null;
  return {
    ...key,
    messageCount: Number(count),
    createdAt: createdAt ?? "",
    updatedAt: updatedAt ?? "",
    expiresAt: expires ? fromMicroseconds(Number(expires)) : null,
    version: Number(version),
  };
}
