import { defineScript } from "../../connection/script.ts";
import { META } from "./meta.ts";

/**
 * A living session: its values, data, lists, and messages: \`all\`, so many of the newest, or \`none\`. Arguments: the
 * present in microseconds, and which messages.
 */
export const READ_SCRIPT = defineScript(
  ["meta", "data", "lists", "messages", "dates"],
  META,
  `
if not lives(readMeta(), ARGV[1]) then return nil end
local found = {}
if ARGV[2] == 'all' then
  found = redis.call('HGETALL', messages)
elseif ARGV[2] ~= 'none' and ARGV[2] ~= '0' then
  for _, member in ipairs(redis.call('ZRANGE', dates, -tonumber(ARGV[2]), -1)) do
    local id = string.sub(member, 44)
    found[#found + 1] = id
    found[#found + 1] = redis.call('HGET', messages, id)
  end
end
return {redis.call('HGETALL', meta), redis.call('HGETALL', data), redis.call('HGETALL', lists), found}
`,
);
