/**
 * What every script on a session begins with. Instants are in whole microseconds, see `toMicroseconds`, and empty for
 * none. `soonest` and `latest` tell when the first and the last field expire.
 */
export const META = `
local function readMeta()
  local kept = redis.call('HMGET', meta, 'version', 'expires', 'ttl', 'sliding', 'incarnation', 'revision', 'next', 'soonest', 'latest', 'messages')
  if not kept[1] then return nil end
  return {version = tonumber(kept[1]), expires = kept[2] or '', ttl = kept[3] or '', sliding = kept[4] ~= '0',
    incarnation = kept[5], revision = kept[6] or '0', next = tonumber(kept[7] or 0), soonest = kept[8] or '', latest = kept[9] or '', messages = tonumber(kept[10] or 0)}
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
