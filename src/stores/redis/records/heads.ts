/**
 * A head is what scripts must know of a record without reading it. An id whose record is gone keeps the version alone.
 * Instants are texts of fixed width, which sort as the instants do; an empty expiry is none.
 */
export const HEADS = `
local VERSION, ROW, EXPIRES, DUPLICATE, CREATED, SCOPE, MAKER = 1, 2, 3, 4, 5, 6, 7
local function readHead(id)
  local kept = redis.call('HGET', heads, id)
  return kept and cmsgpack.unpack(kept) or {0}
end
local function lives(head, now)
  return head[ROW] and (head[EXPIRES] == '' or head[EXPIRES] > now)
end
`;

/**
 * Writes and removes what a record has in the sorted sets. Names of the listings it stands in: \`a\` all, \`u\` of a user
 * or of nobody, \`s\` of a session, \`n\` of a namespace. Behind the name follow creation and id, so that a part of the
 * sorted set is a listing in order.
 */
export const SORTED_SETS = `
local function sorted(command, id, head)
  local scope = cjson.decode(head[SCOPE])
  local adds, user = command == 'ZADD', scope[2] ~= cjson.null and scope[2] or ''
  local place = '\\0' .. head[CREATED] .. '\\0' .. id
  local call = {command, listing}
  local function list(name)
    if adds then call[#call + 1] = 0 end
    call[#call + 1] = name .. place
  end
  list('a')
  list('u' .. user)
  if scope[4] ~= cjson.null then list('s' .. scope[4]) end
  if scope[1] ~= cjson.null then list('n' .. scope[1]) end
  redis.call(unpack(call))
  local behind = '\\0' .. string.format('%016.0f', head[ROW]) .. '\\0' .. id
  local function apply(key, score, member)
    if adds then redis.call('ZADD', key, score, member) else redis.call('ZREM', key, member) end
  end
  apply(users, 0, user .. behind)
  apply(makers, 0, head[MAKER] .. behind)
  apply(rows, head[ROW], id)
  if head[EXPIRES] ~= '' then apply(expiries, 0, head[EXPIRES] .. '\\0' .. id) end
end
local function sortedAlike(before, after)
  for field = ROW, MAKER do
    if field ~= DUPLICATE and before[field] ~= after[field] then return false end
  end
  return true
end
`;
