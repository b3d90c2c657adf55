/**
 * Begins every script that writes. A write whose answer got lost is sent again with 1 as its first argument; then it
 * gives the answer that was remembered the first time instead of happening twice. The second argument names the call.
 * `REQUEST` is a key that calls of one process use one after the other.
 */
export const ANSWER_ONCE = `
if ARGV[1] == '1' then
  local remembered = redis.call('GET', REQUEST)
  local known = remembered and cmsgpack.unpack(remembered)
  if known and known[1] == ARGV[2] then return known[2] end
end
local function answer(reply)
  redis.call('SET', REQUEST, cmsgpack.pack({ARGV[2], reply}), 'PX', 60000)
  return reply
end
`;

/** What tells the calls of one process apart, and from those of every other. */
export interface RequestNames {
  /** Names a call, and the key for its answer. */
  take(): { readonly id: string; readonly key: string };
  /** Lets another call have the key. Not after a failure: who knows whether the call is still on its way. */
  release(key: string): void;
}

export function requestNames(process: string): RequestNames {
  const free: string[] = [];
  let [calls, keys] = [0, 0];
  return {
    take() {
      const key = free.pop() ?? `request:${process}${(++keys).toString(36)}`;
      return { id: (++calls).toString(36), key };
    },
    release: (key) => void free.push(key),
  };
}
