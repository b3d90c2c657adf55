import type { JsonObject, JsonValue } from "../../../core/json.ts";
import type { SessionRest } from "../../../core/session/operations.ts";
import { emptySession, type SessionKey, type SessionState } from "../../../core/session/state.ts";
import { asPairs, asText, type Reply } from "../connection/reply.ts";
import { fromMicroseconds } from "../microseconds.ts";
import { decodeValue } from "../values.ts";
import { decodeMessage, type PlacedMessage } from "./messages.ts";

/** A session as it was read, and what tells whether it was changed since. */
export interface ReadSession {
  readonly rest: SessionRest;
  readonly incarnation: string;
  readonly revision: string;
}

/** Takes a reply of `READ_SCRIPT` apart; messages come in the order of the reply. */
export function toSession(
  key: SessionKey,
  [meta, data, lists, messages]: readonly Reply[],
): ReadSession & { readonly messages: readonly PlacedMessage[] } {
  const values = new Map(asPairs(meta));
  return {
    rest: toRest(key, values, {
      data: Object.fromEntries(asPairs(data).map(([name, value]) => [name, decodeValue(value)])),
      lists: toLists(asPairs(lists)),
    }),
    messages: asPairs(messages).map(([id, kept]) => decodeMessage(id, kept)),
    incarnation: asText(values.get("incarnation")),
    revision: asText(values.get("revision")),
  };
}

function toRest(
  { sessionId, namespace, userId }: SessionKey,
  values: ReadonlyMap<string, Buffer>,
  { data, lists }: { readonly data: JsonObject; readonly lists: SessionState["lists"] },
): SessionRest {
  const text = (name: string) => asText(values.get(name));
  const json = <Value>(name: string, otherwise: Value): Value => {
    const kept = values.get(name);
    return kept === undefined ? otherwise : (decodeValue(kept) as Value);
  };
  const fresh = emptySession(text("created"));
  return {
    sessionId,
    namespace,
    userId,
    records: json("records", fresh.records),
    data,
    lists,
    ...(text("expiries") !== "" && { fieldExpiresAt: json("expiries", {}) }),
    context: json("context", fresh.context),
    tokens: json("tokens", fresh.tokens),
    ttlSeconds: text("ttl") === "" ? null : Number(text("ttl")),
    slidingExpiry: text("sliding") !== "0",
    strategy: json("strategy", fresh.strategy),
    createdAt: text("created"),
    lastAccessedAt: text("accessed"),
    expiresAt: text("expires") === "" ? null : fromMicroseconds(Number(text("expires"))),
    updatedAt: text("updated"),
    version: Number(text("version")),
  };
}

const POSITION_WIDTH = 16;

/** `n` and a name to the position of the first value and the length; `v`, position and name to a value. */
function toLists(pairs: readonly [string, Buffer][]): Record<string, JsonValue[]> {
  const lists = new Map<string, JsonValue[]>();
  const firsts = new Map<string, number>();
  for (const [field, kept] of pairs) {
    if (!field.startsWith("n")) continue;
    const [first, length] = asText(kept).split(" ").map(Number);
    lists.set(field.slice(1), new Array(length).fill(null));
    firsts.set(field.slice(1), first ?? 0);
  }
  for (const [field, kept] of pairs) {
    if (!field.startsWith("v")) continue;
    const name = field.slice(1 + POSITION_WIDTH);
    const position = Number(field.slice(1, 1 + POSITION_WIDTH)) - (firsts.get(name) ?? 0);
    const list = lists.get(name);
    if (list) list[position] = decodeValue(kept);
  }
  return Object.fromEntries(lists);
}
