import { DATA, LISTS, MESSAGES, SETTINGS } from "./instructions.ts";
import { ANSWERS, META } from "./meta.ts";

/** The arguments before the instructions, in order. */
export const WRITE_ARGUMENTS = [
  /** The present: in microseconds, as text. */
  "micros",
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
  /** Ends what the feed is told, see `changedText`. */
  "subject",
  /** Keys that must hold a number, so many and then each with what is added to it. */
  "sums",
] as const;

/** What instructions know and change. */
const CONTEXT = `
local state, found, results, changed, micros
local instructions = {}
local function result(text) results[#results + 1] = text end
function instructions.result() result(take()) end
-- Whole milliseconds, as the reference has it.
local function expiryOf(ttl)
  return ttl == '' and '' or string.format('%.0f', math.floor(micros / 1000 + tonumber(ttl) * 1000) * 1000)
end
`;

const BEGIN = `
local ${WRITE_ARGUMENTS.slice(1).join(", ")}
${WRITE_ARGUMENTS.join(", ")} = unpack(ARGV, position + 1, position + ${WRITE_ARGUMENTS.length})
position = position + ${WRITE_ARGUMENTS.length}
results, changed = {}, false

answerKey = string.sub(answerKey, 2)
if answerKey ~= '' then
  local remembered = keptAnswer(answerKey)
  if remembered then return readAnswer(remembered) end
end
state = readMeta()
found = lives(state, micros)
local version = found and state.version or 0
if expected ~= '' and tonumber(expected) ~= version then return {'version', version} end
if not found and create == '0' then return {'absent'} end
if token ~= (redis.call('GET', turn) or token) then return {'turn'} end
if revision ~= '' then
  if incarnation ~= (found and state.incarnation or '') or revision ~= (found and state.revision or '0') then return {'moved'} end
end
-- Fields that expire one by one must be known to those who take fields away, and to all when the time of one has come.
local expiring = found and state.soonest ~= '' and revision == ''
if expiring and (removes == '1' or tonumber(state.soonest) <= tonumber(micros)) then return {'unfit'} end
for _ = 1, tonumber(sums) do
  local key, by = take(), take()
  local value = found and redis.call('HGET', data, key) or '0'
  if not string.find(value, '^[-0-9]') then return {'unfit'} end
  local sum = tonumber(value) + tonumber(by)
  if sum ~= sum or sum == math.huge or sum == -math.huge then return {'unfit'} end
end
if not found then
  if state then redis.call('DEL', meta, data, lists, messages, dates) end
  state = {version = 0, expires = '', ttl = '', sliding = true, revision = '0', next = 0, soonest = '', latest = '', messages = 0}
  redis.call('HSET', meta, 'incarnation', newborn, 'created', now, 'accessed', now)
end
local listedUntil = found and state.expires
`;

/** How long keys stay after the session has expired, should nobody remove it. */
const GRACE_MS = 24 * 3600 * 1000;
/** The server removes nothing when its clock differs by more from the caller's. */
const NEAR_MS = 5 * 60 * 1000;

const END = `
while position < stop do instructions[take()]() end

if state.sliding or state.expires == '' then
  state.expires = expiryOf(state.ttl)
  if state.expires ~= '' and state.latest ~= '' and tonumber(state.latest) > tonumber(state.expires) then
    state.expires = state.latest
  end
end
state.version = state.version + 1
if changed then state.revision = tostring(state.version) end
redis.call('HSET', meta, 'version', state.version, 'updated', now, 'expires', state.expires,
  'revision', state.revision, 'next', state.next, 'messages', state.messages)

-- The server's own expiry only cleans up after a session nobody removes. What decides is the caller's clock, so where
-- the two differ the server removes nothing.
if state.ttl ~= '' or state.timed then
  local time = state.expires ~= '' and redis.call('TIME')
  local near = time and math.abs(time[1] * 1000 - micros / 1000) < ${NEAR_MS}
  local latest = near and state.expires / 1000 + ${GRACE_MS}
  for _, key in ipairs({data, lists, messages, dates}) do
    local set = redis.call('PEXPIRETIME', key)
    -- Not with every write: a sliding expiry would have each of them replicated.
    if near and set ~= -2 and (set > latest or set < latest - ${GRACE_MS} / 2) then
      redis.call('PEXPIREAT', key, string.format('%.0f', latest))
    elseif not near and set >= 0 then redis.call('PERSIST', key) end
  end
end

if token ~= '' then redis.call('DEL', turn) end
local receipt = {'written', state.version, found and 0 or 1, results}
local entry = {version = state.version, change = '["session","' .. (found and 'update' or 'create') .. '",' .. subject,
  scope = scope, member = member, updated = micros, expires = state.expires, listedUntil = listedUntil}
if answerKey ~= '' then
  entry.answerKey, entry.answer, entry.answeredAt = answerKey, cmsgpack.pack({fingerprint, receipt}), micros
end
receipt[5] = publish(entry)
return receipt
`;

/** What can be done to a session, in parts: a script costs time for each function in it, whether it is called or not. */
const INSTRUCTIONS = { settings: SETTINGS, data: DATA, lists: LISTS, messages: MESSAGES };

export type InstructionPart = keyof typeof INSTRUCTIONS;

export const EVERY_PART = Object.keys(INSTRUCTIONS) as InstructionPart[];

export function writeFunctions(parts: ReadonlySet<InstructionPart>): string[] {
  return [
    ANSWERS,
    META,
    CONTEXT,
    ...EVERY_PART.filter((part) => parts.has(part)).map((part) => INSTRUCTIONS[part]),
  ];
}

/** Applies instructions to a session, or does nothing and says why. */
export const WRITE_CALL = BEGIN + END;
