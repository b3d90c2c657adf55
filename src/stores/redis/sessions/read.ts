import type { SessionKey, SessionState } from "../../../core/session/state.ts";
import { compareInstants, type Instant } from "../../../core/time.ts";
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
  const { rest } = session;
  if (newest === undefined) return { ...rest, messages: session.messages };
  return { ...rest, messages: byDate(session.messages) };
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
): Promise<ReadSession | null> {
  const reply = await server.run(READ_SCRIPT, {
    keys: sessionKeys(prefix, key, FIELDS),
    args: [toMicroseconds(now), messages],
  });
  return Array.isArray(reply) ? toSession(key, reply) : null;
}

/** Oldest first; those of one instant stay in the order in which they were appended. */
function byDate(messages: SessionState["messages"]): SessionState["messages"] {
  return messages.toSorted((left, right) => compareInstants(left.createdAt, right.createdAt));
}
