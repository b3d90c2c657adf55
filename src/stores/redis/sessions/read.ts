import type { SessionKey, SessionState } from "../../../core/session/state.ts";
import type { Instant } from "../../../core/time.ts";
import { conversationId } from "../keys.ts";
import { toMicroseconds } from "../microseconds.ts";
import type { Parts } from "../store-parts.ts";
import { sessionKeys } from "./keys.ts";
import { READ_SCRIPT } from "./scripts/read.ts";
import { type ReadSession, toSession } from "./state.ts";

const FIELDS = ["meta", "data", "lists", "messages", "dates"];

export async function readSession(
  parts: Parts,
  key: SessionKey,
  { now, newest }: { readonly now: Instant; readonly newest?: number },
): Promise<SessionState | null> {
  const session = await load(parts, key, now, newest === undefined ? "all" : String(newest));
  if (!session) return null;
  const placed = session.messages;
  // A hash has no order. The newest come by date, and in the order in which they were appended where dates are equal.
  const ordered = newest === undefined ? placed.toSorted((left, right) => left.place - right.place) : placed;
  return { ...session.rest, messages: ordered.map(({ message }) => message) };
}

/** A session without its messages. */
export function readForWriting(parts: Parts, key: SessionKey, now: Instant): Promise<ReadSession | null> {
  return load(parts, key, now, "none");
}

async function load(
  { server, prefix }: Parts,
  key: SessionKey,
  now: Instant,
  messages: string,
): Promise<ReturnType<typeof toSession> | null> {
  const reply = await server.gather(
    { script: READ_SCRIPT, group: server.isCluster ? conversationId(key) : "", shared: [] },
    { keys: sessionKeys(prefix, key, FIELDS), args: [toMicroseconds(now), messages] },
  );
  return Array.isArray(reply) ? toSession(key, reply) : null;
}
