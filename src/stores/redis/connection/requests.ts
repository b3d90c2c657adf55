/**
 * Begins every script that writes. A write whose answer got lost is sent again with 1 as its first argument; then it
 * gives the answer that was remembered the first time instead of happening twice. `REQUEST` is a key of this call alone.
 */
export const ANSWER_ONCE = `
if ARGV[1] == '1' then
  local known = redis.call('GET', REQUEST)
  if known then return cmsgpack.unpack(known) end
end
local function answer(reply)
  redis.call('SET', REQUEST, cmsgpack.pack(reply), 'PX', 60000)
  return reply
end
`;
