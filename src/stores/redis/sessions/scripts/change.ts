import { defineGathered, defineScript, type GatheredScript } from "../../connection/script.ts";
import { BEGIN_LATER, ENTER, PUBLISH_AT_ONCE, PUBLISH_LATER } from "./publish.ts";
import { REMOVE_CALL, REMOVE_FUNCTIONS } from "./remove.ts";
import { type InstructionPart, WRITE_CALL, writeFunctions } from "./write.ts";

/** Local names of the keys, in the order of `SESSION_FIELDS`. */
const SESSION_KEYS = ["meta", "data", "lists", "messages", "dates", "turn"];
/** In the order of `tenantSessionKeys`. */
const TENANT_KEYS = ["counters", "feed", "sessions", "sessionIds", "sessionExpiries", "answers", "answered"];
/** In the order of `outboxKeys`. */
const OUTBOX_KEYS = ["outbox", "number", "kept"];

/** A script that changes sessions: on one server in one step, in a cluster in the conversation's slot. */
export interface ChangeScript {
  readonly atOnce: GatheredScript;
  readonly later: GatheredScript;
}

function changeScript(functions: readonly string[], call: string): ChangeScript {
  return {
    atOnce: defineGathered({
      writes: true,
      shared: TENANT_KEYS,
      own: [...SESSION_KEYS, "userSessions"],
      functions: [ENTER, PUBLISH_AT_ONCE, ...functions],
      call: [call],
    }),
    later: defineGathered({
      writes: true,
      shared: [],
      own: [...SESSION_KEYS, ...OUTBOX_KEYS],
      functions: [PUBLISH_LATER, ...functions],
      call: [BEGIN_LATER, call],
    }),
  };
}

export const REMOVE_CHANGE = changeScript(REMOVE_FUNCTIONS, REMOVE_CALL);

const writeChanges = new Map<string, ChangeScript>();

/** Carries out instructions of these parts. */
export function writeChange(parts: ReadonlySet<InstructionPart>): ChangeScript {
  const name = [...parts].sort().join();
  const script = writeChanges.get(name) ?? changeScript(writeFunctions(parts), WRITE_CALL);
  writeChanges.set(name, script);
  return script;
}

/** Milliseconds for which an idempotency key is held: no announcement stands for so long. */
const HELD_MS = 120_000;

/**
 * Announces a change under its mark; gives the server's time in milliseconds, or what the idempotency key has got, or null
 * when another change with this key is announced: it may be in another conversation, and only one of them may happen.
 */
export const ANNOUNCE_SCRIPT = defineScript(
  ["pending", "answers", "holder"],
  `
if ARGV[2] ~= '' then
  local kept = redis.call('HGET', answers, string.sub(ARGV[2], 2))
  if kept then return kept end
  local other = redis.call('GET', holder)
  if other and other ~= ARGV[1] and redis.call('ZSCORE', pending, other) then return false end
  redis.call('SET', holder, ARGV[1], 'PX', ${HELD_MS})
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', pending, now, ARGV[1])
return now
`,
);

/**
 * Enters what was announced, marks and entries in turns, each once: whoever takes the mark away does it. A late entry changes
 * no listing.
 */
export const ENTER_SCRIPT = defineScript(
  [...TENANT_KEYS, "userSessions", "pending", "numbers"],
  ENTER,
  `
for index = 1, #ARGV, 2 do
  if redis.call('ZREM', pending, ARGV[index]) == 1 then
    local entry = cmsgpack.unpack(string.sub(ARGV[index + 1], 17))
    local last = redis.call('ZSCORE', numbers, entry.member)
    local listed = not last or tonumber(last) < entry.number
    if listed then redis.call('ZADD', numbers, string.format('%.0f', entry.number), entry.member) end
    redis.call('ZREMRANGEBYSCORE', numbers, '-inf', string.format('%.0f', entry.number - 86400000000))
    enter(entry, listed)
  end
end
`,
);
