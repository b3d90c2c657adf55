import { INSTRUCTIONS, MESSAGES } from "./instructions.ts";
import { ANSWERS, META } from "./meta.ts";

/** The arguments before the instructions, in order. */
export const WRITE_ARGUMENTS = [
  /** Whether the write may have been carried out before. */
  "retried",
  /** Names the change, and when it was announced, where that is needed. */
  "mark",
  "announced",
  /** The present: in microseconds, in milliseconds, as text. */
  "micros",
  "millis",
  "now",
  /** 1 when the instructions may take fields away and were planned without knowing the session. */
  "removes",
  /** The version the session must have, or nothing. */
  "expected",
  /** 0 when the session must be there. */
  "create",
  /** Idempotency key behind a \`=\`, and fingerprint; or nothing. */
  "answerKey",
  "fingerprint",
  /** The state a plan was made from: incarnation and revision, or nothing. */
  "incarnation",
  "revision",
  /** Names a new session, so that it is not taken for an earlier one with the same version. */
  "newborn",
  /** The writer's turn, or nothing. */
  "token",
  "member",
  "scope",
  /** What the feed is told of a new session, and of one that was there. */
  "created",
  "changed",
  /** Keys that must hold a number, so many and then each with what is added to it. */
  "sums",
] as const;

const BEGIN = `
local argument = {}
for place, name in ipairs({${WRITE_ARGUMENTS.map((name) => `'${name}'`).join(",")}}) do argument[name] = ARGV[place] end
local position = ${WRITE_ARGUMENTS.length}
local function take()
  position = position + 1
  return ARGV[position]
end

local answerKey = string.sub(argument.answerKey, 2)
if answerKey ~= '' then
  local kept = keptAnswer(answerKey)
  if kept then return readAnswer(kept) end
end
local state = readMeta()
local found = lives(state, argument.micros)
local version = found and state.version or 0
if argument.expected ~= '' and tonumber(argument.expected) ~= version then return {'version', version} end
if not found and argument.create == '0' then return {'absent'} end
if argument.token ~= (redis.call('GET', turn) or argument.token) then return {'turn'} end
if argument.revision ~= '' then
  local incarnation, revision = found and state.incarnation or '', found and state.revision or '0'
  if argument.incarnation ~= incarnation or argument.revision ~= revision then return {'moved'} end
end
-- Fields that expire one by one must be known to those who take fields away, and to all when the time of one has come.
local expiring = found and state.soonest ~= '' and argument.revision == ''
if expiring and (argument.removes == '1' or tonumber(state.soonest) <= tonumber(argument.micros)) then return {'unfit'} end
for _ = 1, tonumber(argument.sums) do
  local key, by = take(), take()
  local kept = found and redis.call('HGET', data, key) or '0'
  if not string.find(kept, '^[-0-9]') then return {'unfit'} end
  local sum = tonumber(kept) + tonumber(by)
  if sum ~= sum or sum == math.huge or sum == -math.huge then return {'unfit'} end
end
if not found then
  if state then redis.call('DEL', meta, data, lists, messages, dates) end
  state = {version = 0, expires = '', ttl = '', sliding = true, revision = '0', next = 0, soonest = '', latest = ''}
  redis.call('HSET', meta, 'incarnation', argument.newborn, 'created', argument.now, 'accessed', argument.now)
end
local results, changed = {}, false
-- Whole milliseconds, as the reference has it.
local function expiryOf(ttl)
  return ttl == '' and '' or string.format('%.0f', math.floor(tonumber(argument.millis) + tonumber(ttl) * 1000) * 1000)
end
`;

/** How long keys stay after the session has expired, should nobody remove it. */
const GRACE_MS = 24 * 3600 * 1000;
/** The server removes nothing when its clock differs by more from the caller's. */
const NEAR_MS = 5 * 60 * 1000;

const END = `
while position < #ARGV do instructions[take()]() end

if state.sliding or state.expires == '' then
  state.expires = expiryOf(state.ttl)
  if state.expires ~= '' and state.latest ~= '' and tonumber(state.latest) > tonumber(state.expires) then
    state.expires = state.latest
  end
end
state.version = state.version + 1
if changed then state.revision = tostring(state.version) end
redis.call('HSET', meta, 'version', state.version, 'updated', argument.now, 'expires', state.expires,
  'revision', state.revision, 'next', state.next, 'messages', redis.call('HLEN', messages))

-- The server's own expiry only cleans up after a session nobody removes. What decides is the caller's clock, so where
-- the two differ the server removes nothing.
if state.ttl ~= '' or state.timed then
  local time = state.expires ~= '' and redis.call('TIME')
  local near = time and math.abs(time[1] * 1000 - argument.millis) < ${NEAR_MS}
  local latest = near and state.expires / 1000 + ${GRACE_MS}
  for _, key in ipairs({data, lists, messages, dates}) do
    local set = redis.call('PEXPIRETIME', key)
    -- Not with every write: a sliding expiry would have each of them replicated.
    if near and set ~= -2 and (set > latest or set < latest - ${GRACE_MS} / 2) then
      redis.call('PEXPIREAT', key, string.format('%.0f', latest))
    elseif not near and set >= 0 then redis.call('PERSIST', key) end
  end
end

if argument.token ~= '' then redis.call('DEL', turn) end
local receipt = {'written', state.version, found and 0 or 1, results}
local entry = {version = state.version, change = found and argument.changed or argument.created, scope = argument.scope,
  member = argument.member, updated = argument.micros, expires = state.expires}
if answerKey ~= '' then
  entry.answerKey, entry.answer, entry.answeredAt = answerKey, cmsgpack.pack({argument.fingerprint, receipt}), argument.micros
end
local published = publish(entry)
return answer({receipt[1], receipt[2], receipt[3], receipt[4], published})
`;

/** Applies instructions to a session, or does nothing and says why. */
export const WRITE_PARTS = [ANSWERS, META, BEGIN, INSTRUCTIONS, MESSAGES, END];
