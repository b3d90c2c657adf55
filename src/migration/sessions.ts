import type { SessionOperation } from "../core/session/operations.ts";
import { encodeSessionKey, type SessionKey, type SessionState } from "../core/session/state.ts";
import type { SessionStore, SessionSummary } from "../core/session-store.ts";
import type { Store } from "../core/store.ts";
import { type Instant, toMilliseconds } from "../core/time.ts";
import { sameSession } from "./sameness.ts";

const PAGE = 1000;
const OVERLAP = 500;

/** Makes a session what it is in the source, with its times; gone there is gone here. */
export async function copySession(
  from: SessionStore,
  to: SessionStore,
  key: SessionKey,
  now: Instant,
): Promise<void> {
  const [wanted, present] = await Promise.all([from.readSession(key, { now }), to.readSession(key, { now })]);
  if (sameSession(wanted, present, now)) return;
  if (wanted === null) await to.deleteSession(key, { now });
  else await to.writeSession(key, { operations: operationsFor(wanted), now: wanted.updatedAt });
}

/** The living sessions of a tenant. */
export async function allSessions(store: Store, tenant: string, now: Instant): Promise<SessionSummary[]> {
  const all = new Map<string, SessionSummary>();
  for (let offset = 0; ; ) {
    const { sessions } = await store.listSessions(tenant, { now, limit: PAGE, offset });
    for (const session of sessions) all.set(encodeSessionKey(session), session);
    if (sessions.length < PAGE) return [...all.values()];
    // Those that went meanwhile have moved the others forward.
    offset += PAGE - OVERLAP;
  }
}

function operationsFor(state: SessionState): SessionOperation[] {
  const { sessionId: _, namespace: __, userId: ___, expiresAt, updatedAt, version: ____, ...content } = state;
  const replace: SessionOperation = { operation: "replace", content };
  if (expiresAt === null || content.slidingExpiry) return [replace];
  const end = (toMilliseconds(expiresAt) - toMilliseconds(updatedAt)) / 1000;
  return [replace, { operation: "setTimeToLive", seconds: end, sliding: false }];
}
