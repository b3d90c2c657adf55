import { ANSWER_ONCE } from "../../connection/requests.ts";
import { defineScript } from "../../connection/script.ts";
import { ENTER, PUBLISH_AT_ONCE, PUBLISH_LATER } from "./publish.ts";
import { REMOVE_PARTS } from "./remove.ts";
import { WRITE_PARTS } from "./write.ts";

/** Local names of the keys, in the order of `SESSION_FIELDS`. */
const SESSION_KEYS = ["meta", "data", "lists", "messages", "dates", "turn", "REQUEST"];
/** In the order of `tenantSessionKeys`. */
const TENANT_KEYS = [
  "counters",
  "feed",
  "sessions",
  "sessionIds",
  "sessionExpiries",
  "answers",
  "answered",
  "userSessions",
];
/** In the order of `outboxKeys`. */
const OUTBOX_KEYS = ["outbox", "number", "kept"];

const atOnce = (parts: readonly string[]) =>
  defineScript([...SESSION_KEYS, ...TENANT_KEYS], ANSWER_ONCE, ENTER, PUBLISH_AT_ONCE, ...parts);
const later = (parts: readonly string[]) =>
  defineScript([...SESSION_KEYS, ...OUTBOX_KEYS], ANSWER_ONCE, PUBLISH_LATER, ...parts);

/** What changes a session: on one server in one step, in a cluster in the conversation's slot. */
export const CHANGES = {
  write: { atOnce: atOnce(WRITE_PARTS), later: later(WRITE_PARTS) },
  remove: { atOnce: atOnce(REMOVE_PARTS), later: later(REMOVE_PARTS) },
} as const;

/** Announces a change under its mark; gives the server's time in milliseconds, or what the idempotency key has got. */
export const ANNOUNCE_SCRIPT = defineScript(
  ["pending", "answers"],
  `
if ARGV[2] ~= '' then
  local kept = redis.call('HGET', answers, string.sub(ARGV[2], 2))
  if kept then return kept end
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', pending, now, ARGV[1])
return now
`,
);

/** Enters what was announced, once: whoever takes the mark away does it. A late entry changes no listing. */
export const ENTER_SCRIPT = defineScript(
  [...TENANT_KEYS, "pending", "numbers"],
  ENTER,
  `
if redis.call('ZREM', pending, ARGV[1]) == 0 then return 0 end
local entry = cmsgpack.unpack(ARGV[2])
local last = redis.call('ZSCORE', numbers, entry.member)
local listed = not last or tonumber(last) < entry.number
if listed then redis.call('ZADD', numbers, string.format('%.0f', entry.number), entry.member) end
redis.call('ZREMRANGEBYSCORE', numbers, '-inf', string.format('%.0f', entry.number - 86400000000))
enter(entry, listed)
return 1
`,
);
