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
 * Names of the listings a record stands in: \`a\` all, \`u\` of a user or of nobody, \`s\` of a session, \`n\` of a
 * namespace. Behind the name follow creation and id, so that a part of the sorted set is a listing in order.
 */
export const LISTS = `
local function listsOf(id, head)
  local scope = cjson.decode(head[SCOPE])
  local place = '\\0' .. head[CREATED] .. '\\0' .. id
  local function label(field) return scope[field] ~= cjson.null and scope[field] or '' end
  local lists = {'a' .. place, 'u' .. label(2) .. place}
  if label(4) ~= '' then lists[#lists + 1] = 's' .. label(4) .. place end
  if label(1) ~= '' then lists[#lists + 1] = 'n' .. label(1) .. place end
  return lists, label(2)
end
local function rowText(head) return string.format('%016.0f', head[ROW]) end
`;

/** Writes and removes what a record has in the sorted sets. */
export const SORTED_SETS = `
local function sorted(command, id, head)
  local lists, user = listsOf(id, head)
  local function apply(key, member)
    if command == 'ZADD' then redis.call('ZADD', key, 0, member) else redis.call('ZREM', key, member) end
  end
  for _, member in ipairs(lists) do apply(listing, member) end
  apply(users, user .. '\\0' .. rowText(head) .. '\\0' .. id)
  apply(makers, head[MAKER] .. '\\0' .. rowText(head) .. '\\0' .. id)
  if head[EXPIRES] ~= '' then apply(expiries, head[EXPIRES] .. '\\0' .. id) end
  if command == 'ZADD' then redis.call('ZADD', rows, head[ROW], id) else redis.call('ZREM', rows, id) end
end
`;
