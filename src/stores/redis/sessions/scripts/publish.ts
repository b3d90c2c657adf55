/**
 * What a script on a session has to tell its tenant is an entry: `version`, `change` and `scope` for the feed,
 * `member`, `updated` (nothing when the session is gone) and `expires` for the listings, `answerKey`, `answer`
 * and `answeredAt` for a write with an idempotency key. This enters it. `listedUntil` is the expiry a session was listed with
 * before; without it everything is listed anew.
 */
export const ENTER = `
local function enter(entry, listed)
  if entry.change then
    local sequence = redis.call('HINCRBY', counters, 'sequence', 1)
    redis.call('XADD', feed, sequence .. '-0', 'v', entry.version, 'c', entry.change, 's', entry.scope)
  end
  if entry.answerKey and redis.call('HSETNX', answers, entry.answerKey, entry.answer) == 1 then
    redis.call('ZADD', answered, entry.answeredAt, entry.answerKey)
  end
  if not listed then return end
  if not entry.updated then
    for _, key in ipairs({sessions, userSessions, sessionIds, sessionExpiries}) do redis.call('ZREM', key, entry.member) end
    return
  end
  redis.call('ZADD', sessions, entry.updated, entry.member)
  redis.call('ZADD', userSessions, entry.updated, entry.member)
  if not entry.listedUntil then redis.call('ZADD', sessionIds, 0, entry.member) end
  if entry.expires == entry.listedUntil then return end
  if entry.expires == '' then redis.call('ZREM', sessionExpiries, entry.member)
  else redis.call('ZADD', sessionExpiries, entry.expires, entry.member) end
end
`;

/** Where one server has everything, the tenant is told in the same step. */
export const PUBLISH_AT_ONCE = `
local function keptAnswer(key) return redis.call('HGET', answers, key) end
local function publish(entry)
  enter(entry, true)
  return ''
end
`;

/** Milliseconds after its announcement in which a change may happen. */
const ANNOUNCED_MS = 30_000;
const DAY_MS = 24 * 3600 * 1000;

/**
 * In a cluster the tenant may be on another server, so the entry waits in the conversation's own slot. `mark` names the
 * change; it was announced to the tenant, who can thus fetch the entry when the writer dies. Entries of a session are
 * numbered by the server's clock, and never downwards: so a late one is known as such. The number in 16 digits begins what
 * is kept. Gives marks and entries of all that wait, because those before this one must be told first.
 */
export const PUBLISH_LATER = `
local mark, time
local function keptAnswer() return redis.call('GET', kept) end
local function publish(entry)
  entry.listedUntil = nil
  local last = tonumber(redis.call('GET', number) or 0)
  entry.number = math.max(time[1] * 1000000 + time[2], last + 1)
  redis.call('SET', number, string.format('%.0f', entry.number), 'PX', ${DAY_MS})
  if entry.answerKey then redis.call('SET', kept, entry.answer, 'PX', ${DAY_MS}) end
  redis.call('HSET', outbox, mark, string.format('%016.0f', entry.number) .. cmsgpack.pack(entry))
  return redis.call('HGETALL', outbox)
end
`;

/** Begins a change that is published later, and refuses one whose announcement is too old. */
export const BEGIN_LATER = `
mark, time = take(), redis.call('TIME')
if time[1] * 1000 - take() > ${ANNOUNCED_MS} then return {'late'} end
`;
