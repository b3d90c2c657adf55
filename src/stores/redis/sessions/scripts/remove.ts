import { ANSWER_ONCE } from "../../connection/requests.ts";
import { defineScript } from "../../connection/script.ts";
import { KEY_NAMES, META, TELL } from "./meta.ts";

/**
 * Removes a session that lives, or with \`expired\` one that does not. Arguments: whether it is tried again, the present
 * in microseconds, \`living\` or \`expired\`, the version it must have or nothing, member, scope, change.
 */
export const REMOVE_SCRIPT = defineScript(
  KEY_NAMES,
  ANSWER_ONCE,
  META,
  TELL,
  `
local now, which, expected, member, scope, change = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7]
local state = readMeta()
local living = lives(state, now)
if which == 'expired' then
  if not state then strike(member) end
  if not state or living then return {'absent'} end
else
  local version = living and state.version or 0
  if expected ~= '' and tonumber(expected) ~= version then return {'version', version} end
  if not living then return {'absent'} end
end
redis.call('DEL', meta, data, lists, messages, dates)
tell(state.version, change, scope)
strike(member)
return answer({'removed'})
`,
);
