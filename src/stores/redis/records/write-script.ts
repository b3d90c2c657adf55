import { defineGathered, type GatheredScript } from "../connection/script.ts";
import { HEADS, SORTED_SETS } from "./heads.ts";
import { RECORD_FIELDS } from "./keys.ts";

/** What the script is told of each write, in this order; what a kind of write does not need is empty. */
export const WRITE_FIELDS = [
  "kind",
  "id",
  "expected",
  "duplicate",
  "expires",
  "created",
  "scope",
  "maker",
  "change",
  "note",
  "body",
  "entry",
  "access",
  "target",
] as const;

/** Lua that takes the arguments of the write whose first one is at `place`. */
const TAKE_WRITE = `local _, ${WRITE_FIELDS.slice(1).join(", ")} = unpack(ARGV, place, place + ${WRITE_FIELDS.length - 1})`;

/**
 * The first pass looks whether every write may happen, on a copy of the heads that each write changes for those behind
 * it. Scripts cannot be undone, so only the second pass writes.
 */
const PLAN = `
local now, at, sequence, lastRow, current, owners, steps
local kinds = {}

local function headOf(id)
  if not current[id] then current[id] = readHead(id) end
  return current[id]
end
local function ownerOf(duplicate)
  if owners[duplicate] == nil then
    local kept = redis.call('HGET', duplicates, duplicate)
    owners[duplicate] = kept and cmsgpack.unpack(kept) or false
  end
  return owners[duplicate]
end
local function release(id, head)
  local duplicate = head[ROW] and string.sub(head[DUPLICATE], 2) or ''
  if duplicate == '' then return end
  local owner = ownerOf(duplicate)
  if owner and owner[1] == id then owners[duplicate] = false end
end
local function step(work) steps[#steps + 1] = work end

local function tell(version, change, scope)
  sequence = sequence + 1
  redis.call('XADD', feed, string.format('%.0f-0', sequence), 'v', version, 'c', change, 's', scope)
end
-- A history holds version, instant with + or - for a record that was there or not, note, accesses and record. The
-- last record is left empty while it is the present one, and after a removal it is the one before.
local function keepBody(history, id)
  redis.call('LSET', history, -1, redis.call('HGET', records, id))
end
local function endAlias(id)
  local before = redis.call('HGET', aliases, id)
  if before then redis.call('HSET', aliases, id, string.sub(before, 1, -2) .. ',[null,"' .. at .. '"]]') end
end
local function takeAway(id, head)
  sorted('ZREM', id, head)
  for _, key in ipairs({records, entries, accesses}) do redis.call('HDEL', key, id) end
end
`;

const PUT = `
function kinds.put(place, history)
  ${TAKE_WRITE}
  local before = headOf(id)
  local living = lives(before, now)
  local actual = living and before[VERSION] or 0
  if actual ~= tonumber(expected) then return {'version', actual} end
  local duplicateKey = string.sub(duplicate, 2)
  if duplicate ~= '' then
    local owner = ownerOf(duplicateKey)
    if owner and owner[1] ~= id and (owner[2] == '' or owner[2] > now) then return {'duplicate', owner[1]} end
  end
  if not living then lastRow = lastRow + 1 end
  local after = {before[VERSION] + 1, living and before[ROW] or lastRow, expires, duplicate, created, scope, maker}
  release(id, before)
  if duplicate ~= '' then owners[duplicateKey] = {id, expires} end
  current[id] = after
  step(function()
    local stays = before[ROW] and sortedAlike(before, after)
    if before[ROW] then
      keepBody(history, id)
      if not stays then sorted('ZREM', id, before) end
    end
    if not stays then sorted('ZADD', id, after) end
    redis.call('HSET', records, id, body)
    redis.call('HSET', entries, id, entry)
    redis.call('HSET', accesses, id, access)
    redis.call('RPUSH', history, after[VERSION], now .. '+', note, '', '')
    endAlias(id)
    tell(after[VERSION], change, scope)
  end)
  return after[VERSION]
end
`;

const REMOVE = `
local function remove(place, history, before)
  ${TAKE_WRITE}
  local version = before[VERSION] + 1
  release(id, before)
  current[id] = {version, false, '', '', '', before[SCOPE]}
  step(function()
    keepBody(history, id)
    redis.call('RPUSH', history, version, now .. '-', note, redis.call('HGET', accesses, id), '')
    takeAway(id, before)
    tell(version, change, before[SCOPE])
  end)
  return version
end

function kinds.delete(place, history)
  ${TAKE_WRITE}
  local before = headOf(id)
  local actual = lives(before, now) and before[VERSION] or 0
  if actual == 0 or actual ~= tonumber(expected) then return {'version', actual} end
  return remove(place, history, before)
end

function kinds.expire(place, history)
  ${TAKE_WRITE}
  local before = headOf(id)
  if not before[ROW] or lives(before, now) then return 0 end
  return remove(place, history, before)
end
`;

const ALIAS = `
function kinds.alias(place)
  ${TAKE_WRITE}
  step(function()
    local before = redis.call('HGET', aliases, id)
    local start = before and string.sub(before, 1, -2) .. ',' or '['
    redis.call('HSET', aliases, id, start .. note .. ']')
    redis.call('ZADD', targets, 0, target .. '\\0' .. id)
  end)
  return 0
end
`;

/** Erasing leaves the version, and takes the id out of all aliases that led to it. */
const ERASE = `
local function forgetTarget(id)
  local from = '[' .. id .. '\\0'
  for _, member in ipairs(redis.call('ZRANGEBYLEX', targets, from, '(' .. id .. '\\1')) do
    local alias = string.sub(member, #id + 2)
    local left, kept = {}, redis.call('HGET', aliases, alias)
    for _, change in ipairs(kept and cjson.decode(kept) or {}) do
      if change[1] ~= id then left[#left + 1] = change end
    end
    if #left > 0 then redis.call('HSET', aliases, alias, cjson.encode(left)) else redis.call('HDEL', aliases, alias) end
    redis.call('ZREM', targets, member)
  end
end

function kinds.erase(place, history)
  ${TAKE_WRITE}
  local before = headOf(id)
  if redis.call('EXISTS', history) == 0 and redis.call('HEXISTS', aliases, id) == 0 then return 0 end
  local version = before[VERSION] + 1
  release(id, before)
  current[id] = {version}
  step(function()
    if before[ROW] then takeAway(id, before) end
    redis.call('DEL', history)
    for _, change in ipairs(cjson.decode(redis.call('HGET', aliases, id) or '[]')) do
      if change[1] ~= cjson.null then redis.call('ZREM', targets, change[1] .. '\\0' .. id) end
    end
    redis.call('HDEL', aliases, id)
    forgetTarget(id)
    tell(version, change, before[SCOPE] or '[null,null,null,null]')
  end)
  return version
end
`;

const CALL = `
local answerKey, answerValue, answeredAt
now, at, answerKey, answerValue, answeredAt = take(), take(), take(), take(), take()
if answerKey ~= '' and redis.call('HEXISTS', answers, string.sub(answerKey, 2)) == 1 then return {'reused'} end
local counts = redis.call('HMGET', counters, 'sequence', 'row')
sequence, lastRow = tonumber(counts[1] or 0), tonumber(counts[2] or 0)
current, owners, steps = {}, {}, {}
local results = {}
for history = firstKey, lastKey do
  local index, place = history - firstKey + 1, position + 1
  local result = kinds[ARGV[place]](place, KEYS[history])
  if type(result) == 'table' then return {result[1], index - 1, result[2]} end
  results[index] = result
  position = position + ${WRITE_FIELDS.length}
end
for _, work in ipairs(steps) do work() end
for id, head in pairs(current) do
  if head[VERSION] > 0 then redis.call('HSET', heads, id, cmsgpack.pack(head)) end
end
for duplicate, owner in pairs(owners) do
  if owner then redis.call('HSET', duplicates, duplicate, cmsgpack.pack(owner))
  else redis.call('HDEL', duplicates, duplicate) end
end
redis.call('HSET', counters, 'sequence', sequence, 'row', lastRow)
if answerKey ~= '' then
  redis.call('HSET', answers, string.sub(answerKey, 2), answerValue)
  redis.call('ZADD', answered, answeredAt, string.sub(answerKey, 2))
end
return {'written', results, sequence}
`;

export type WriteKind = "put" | "delete" | "expire" | "alias" | "erase";

/** A script costs time for each function in it, whether it is called or not; most writes only put. */
const PUT_SCRIPT = writeScriptOf(PUT);
const WHOLE_SCRIPT = writeScriptOf(PUT, REMOVE, ALIAS, ERASE);

/**
 * Carries out a batch of writes, or none of them. Arguments: the instant as sortable text and as it is, the idempotency
 * key behind a `=` or nothing, what to keep with it, the instant in microseconds, then `WRITE_FIELDS` of each write. Keys: those of the tenant; the
 * history of each write.
 */
export function writeScript(kinds: Iterable<WriteKind>): GatheredScript {
  for (const kind of kinds) if (kind !== "put") return WHOLE_SCRIPT;
  return PUT_SCRIPT;
}

function writeScriptOf(...kinds: readonly string[]): GatheredScript {
  return defineGathered({
    writes: true,
    shared: RECORD_FIELDS,
    functions: [HEADS, SORTED_SETS, PLAN, ...kinds],
    call: [CALL],
  });
}
