import { defineGathered } from "../../connection/script.ts";
import { META } from "./meta.ts";

/**
 * A living session: its values, data, lists, and messages: \`all\`, so many of the newest, or \`none\`. Arguments: the
 * present in microseconds, and which messages.
 */
export const READ_SCRIPT = defineGathered({
  writes: false,
  shared: [],
  own: ["meta", "data", "lists", "messages", "dates"],
  functions: [META],
  call: [
    `
local now, which = take(), take()
if not lives(readMeta(), now) then return false end
local found = {}
if which == 'all' then
  found = redis.call('HGETALL', messages)
elseif which ~= 'none' and which ~= '0' then
  local ids = redis.call('ZRANGE', dates, -tonumber(which), -1)
  for index, member in ipairs(ids) do ids[index] = string.sub(member, 44) end
  -- As many as fit on the stack.
  for from = 1, #ids, 1000 do
    local to = math.min(from + 999, #ids)
    for index, kept in ipairs(redis.call('HMGET', messages, unpack(ids, from, to))) do
      found[#found + 1] = ids[from + index - 1]
      found[#found + 1] = kept
    end
  end
end
return {redis.call('HGETALL', meta), redis.call('HGETALL', data), redis.call('HGETALL', lists), found}
`,
  ],
});
