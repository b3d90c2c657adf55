import type { RecordTraits } from "../core/recall-index.ts";
import type { MemoryRecord } from "../core/record.ts";
import { encodeKey } from "../core/scope.ts";
import { toMilliseconds } from "../core/time.ts";

const ASKS = /[?？؟]["'”’)\]\s]*$/;
const TELLS_TIME =
  /\b(?:yesterday|today|tomorrow|tonight|last|next|ago|this (?:week|month|year|morning|weekend)|recently|(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april|may|june|july|august|september|october|november|december|\d{4})\b/i;

/** "Always …", "from now on …", "when I ask …", "I prefer …": English only, like the other hints. */
const INSTRUCTS =
  /(?:^|[.!?]\s+)(?:please\s+)?(?:always|never|from now on|whenever|every time)\b|\bwhen(?:ever)? I ask\b|\bI(?:'d| would)?(?: really)? prefer\b|\bmy preference\b/i;

/** In characters: longer texts tell of many things. */
const LONGEST_INSTRUCTION = 600;

/** What ranking wants to know of a record beside its vector and its words. */
export function traitsOf(record: Omit<MemoryRecord, "version">): RecordTraits {
  const { namespace, userId, sessionId } = record;
  const createdAt = toMilliseconds(record.createdAt);
  return {
    id: record.id,
    speaker: record.speaker,
    session: sessionId === null ? null : encodeKey([namespace, userId, sessionId]),
    time: record.eventDate === null ? createdAt : toMilliseconds(record.eventDate),
    createdAt,
    importance: record.importance,
    asks: ASKS.test(record.text),
    tellsTime: TELLS_TIME.test(record.text),
    instructs: record.text.length <= LONGEST_INSTRUCTION && INSTRUCTS.test(record.text),
  };
}
