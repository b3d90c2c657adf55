import { META } from "./meta.ts";

export const REMOVE_FUNCTIONS = [META];

/**
 * Removes a session that lives, or with `expired` one that does not. Arguments: the present in microseconds, `living` or
 * `expired`, the version it must have or nothing, member, scope, change.
 */
export const REMOVE_CALL = `
local now, which, expected, member, scope, change = unpack(ARGV, position + 1, stop)
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
return {'removed', publish({version = state.version, change = change, scope = scope, member = member})}
`;
