/**
 * What a write is made of once it is planned. Each instruction takes its arguments from the list behind its name, and
 * those that belong to an operation add its result: \`j\` and JSON, or \`p\` and a value that was taken out of a list.
 * These change the session as a whole, and what is told of it.
 */
export const SETTINGS = `
function instructions.meta() redis.call('HSET', meta, take(), take()) end

function instructions.forget() results[#results] = nil end

function instructions.ttl()
  local seconds, sliding, onlyNew = take(), take(), take() == '1'
  if onlyNew and (state.version > 0 or state.ttl ~= '') then return end
  state.ttl, state.expires, state.timed = seconds, expiryOf(seconds), true
  if sliding ~= '' then state.sliding = sliding == '1' end
  redis.call('HSET', meta, 'ttl', state.ttl, 'sliding', state.sliding and '1' or '0')
end

function instructions.wipe()
  if take() == 'data' then redis.call('DEL', data) else
    redis.call('DEL', data, lists, messages, dates)
    state.messages = 0
  end
  changed = true
end

function instructions.expiries()
  local soonest
  soonest, state.latest = take(), take()
  redis.call('HSET', meta, 'soonest', soonest, 'latest', state.latest, 'expiries', take())
  changed = true
end
`;

/** These change the data. */
export const DATA = `
function instructions.set()
  for _ = 1, tonumber(take()) do redis.call('HSET', data, take(), take()) end
  changed = true
end

function instructions.unset()
  local gone = 0
  for _ = 1, tonumber(take()) do gone = gone + redis.call('HDEL', data, take()) end
  changed = true
  result('j' .. gone)
end

function instructions.without()
  for _ = 1, tonumber(take()) do redis.call('HDEL', data, take()) end
  changed = true
end

function instructions.increment()
  local key, by = take(), tonumber(take())
  local sum = tonumber(redis.call('HGET', data, key) or 0) + by
  if sum == 0 then sum = 0 end
  local text = string.format('%.17g', sum)
  redis.call('HSET', data, key, text)
  changed = true
  result('j' .. text)
end
`;

/** These change lists. */
export const LISTS = `
local function listHead(name)
  local kept = redis.call('HGET', lists, 'n' .. name)
  if not kept then return nil end
  local first, length = string.match(kept, '^(%d+) (%d+)$')
  return tonumber(first), tonumber(length)
end
local function setListHead(name, first, length)
  redis.call('HSET', lists, 'n' .. name, string.format('%.0f %.0f', first, length))
end
local function valueField(name, position) return 'v' .. string.format('%016.0f', position) .. name end
local function clearList(name)
  local first, length = listHead(name)
  if not first then return false end
  for position = first, first + length - 1 do redis.call('HDEL', lists, valueField(name, position)) end
  redis.call('HDEL', lists, 'n' .. name)
  return true
end
local function push(name, amount)
  local first, length = listHead(name)
  first, length = first or 0, length or 0
  for _ = 1, amount do
    redis.call('HSET', lists, valueField(name, first + length), take())
    length = length + 1
  end
  setListHead(name, first, length)
  return length
end

function instructions.withoutLists()
  for _ = 1, tonumber(take()) do clearList(take()) end
  changed = true
end

function instructions.push()
  result('j' .. push(take(), tonumber(take())))
  changed = true
end

function instructions.fill()
  local name, amount = take(), tonumber(take())
  clearList(name)
  push(name, amount)
  changed = true
end

function instructions.drop()
  result(clearList(take()) and 'jtrue' or 'jfalse')
  changed = true
end

function instructions.pop()
  local name, from = take(), take()
  local first, length = listHead(name)
  if not first or length == 0 then return result('j[]') end
  local field = valueField(name, from == 'first' and first or first + length - 1)
  result('p' .. redis.call('HGET', lists, field))
  redis.call('HDEL', lists, field)
  setListHead(name, from == 'first' and first + 1 or first, length - 1)
  changed = true
end
`;

/**
 * A message is kept as its place, its creation, whether it was extracted, when it was persisted or blanks, and the rest.
 * All but the rest have a fixed width.
 */
export const MESSAGES = `
local PLACE, CREATED, EXTRACTED, PERSISTED = 16, 27, 1, 27
local HEAD = PLACE + CREATED
local function dateMember(id, kept)
  return string.sub(kept, PLACE + 1, HEAD) .. string.sub(kept, 1, PLACE) .. id
end

function instructions.append()
  local fresh = {}
  for _ = 1, tonumber(take()) do
    local id, name, value = take(), take(), take()
    local kept = string.format('%016.0f', state.next) .. value
    if redis.call('HSETNX', messages, id, kept) == 1 then
      redis.call('ZADD', dates, 0, dateMember(id, kept))
      state.next, state.messages = state.next + 1, state.messages + 1
      fresh[#fresh + 1] = name
    end
  end
  result('j[' .. table.concat(fresh, ',') .. ']')
end

function instructions.patch()
  local extracted, persisted, found = take(), take(), 0
  for _ = 1, tonumber(take()) do
    local id = take()
    local kept = redis.call('HGET', messages, id)
    if kept then
      local before = HEAD + EXTRACTED
      redis.call('HSET', messages, id, string.sub(kept, 1, HEAD)
        .. (extracted == '' and string.sub(kept, before, before) or extracted)
        .. (persisted == '' and string.sub(kept, before + 1, before + PERSISTED) or persisted)
        .. string.sub(kept, before + PERSISTED + 1))
      found = found + 1
    end
  end
  result('j' .. found)
end

function instructions.delete()
  local found = 0
  for _ = 1, tonumber(take()) do
    local id = take()
    local kept = redis.call('HGET', messages, id)
    if kept then
      redis.call('HDEL', messages, id)
      redis.call('ZREM', dates, dateMember(id, kept))
      state.messages = state.messages - 1
      found = found + 1
    end
  end
  result('j' .. found)
end
`;
