/**
 * What every script on a session begins with. Instants are in whole microseconds, see `toMicroseconds`, and empty for
 * none. `soonest` and `latest` tell when the first and the last field expire.
 */
export const META = `
local function readMeta()
  local kept = redis.call('HMGET', meta, 'version', 'expires', 'ttl', 'sliding', 'incarnation', 'revision', 'next', 'soonest', 'latest')
  if not kept[1] then return nil end
  return {version = tonumber(kept[1]), expires = kept[2] or '', ttl = kept[3] or '', sliding = kept[4] ~= '0',
    incarnation = kept[5], revision = kept[6] or '0', next = tonumber(kept[7] or 0), soonest = kept[8] or '', latest = kept[9] or ''}
end
local function lives(state, now)
  return state and (state.expires == '' or tonumber(state.expires) > tonumber(now))
end
`;

/** What was kept with an idempotency key: JSON by writes of records, a packed receipt by writes of sessions. */
export const ANSWERS = `
local function readAnswer(kept)
  if string.sub(kept, 1, 1) == '[' then return {'json', kept} end
  local unpacked = cmsgpack.unpack(kept)
  return {'kept', unpacked[1], unpacked[2]}
end
`;

/** Tells the feed and the listings of the tenant. */
export const TELL = `
local function tell(version, change, scope)
  local sequence = redis.call('HINCRBY', counters, 'sequence', 1)
  redis.call('XADD', feed, sequence .. '-0', 'v', version, 'c', change, 's', scope)
end
local function enlist(member, updated, expires)
  redis.call('ZADD', sessions, updated, member)
  redis.call('ZADD', userSessions, updated, member)
  redis.call('ZADD', sessionIds, 0, member)
  if expires == '' then redis.call('ZREM', sessionExpiries, member)
  else redis.call('ZADD', sessionExpiries, expires, member) end
end
local function strike(member)
  for _, key in ipairs({sessions, userSessions, sessionIds, sessionExpiries}) do redis.call('ZREM', key, member) end
end
`;

/** Local names of the keys, in the order of `SESSION_FIELDS` and then `tenantSessionKeys`. */
export const KEY_NAMES = [
  "meta",
  "data",
  "lists",
  "messages",
  "dates",
  "turn",
  "REQUEST",
  "counters",
  "feed",
  "sessions",
  "sessionIds",
  "sessionExpiries",
  "answers",
  "userSessions",
] as const;
