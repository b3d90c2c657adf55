import { META } from "./meta.ts";

/**
 * Removes a session that lives, or with `expired` one that does not. Arguments: whether it is tried again, mark and
 * announcement, the present in microseconds, `living` or `expired`, the version it must have or nothing, member, scope,
 * change.
 */
export const REMOVE_PARTS = [
  META,
  `
local now, which, expected, member, scope, change = ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8], ARGV[9]
local state = readMeta()
local living = lives(state, now)
if which == 'expired' then
  if not state then return {'gone', publish({member = member})} end
  if living then return {'absent'} end
else
  local version = living and state.version or 0
  if expected ~= '' and tonumber(expected) ~= version then return {'version', version} end
  if not living then return {'absent'} end
end
redis.call('DEL', meta, data, lists, messages, dates)
return answer({'removed', publish({version = state.version, change = change, scope = scope, member = member})})
`,
];
