import type { SessionKey } from "../../../core/session/state.ts";
import type { Instant } from "../../../core/time.ts";
import { changeText, scopeText } from "../change-text.ts";
import { asList, asText, type Reply } from "../connection/reply.ts";
import { sessionMember, sessionOfMember, tenantKey } from "../keys.ts";
import { toMicroseconds } from "../microseconds.ts";
import type { Parts } from "../store-parts.ts";
import { tenantNames } from "../tenants.ts";
import { changeSession } from "./change.ts";
import { REMOVE_CHANGE } from "./scripts/change.ts";
import { otherVersion } from "./write.ts";

export async function deleteSession(
  parts: Parts,
  key: SessionKey,
  { now, expectedVersion }: { readonly now: Instant; readonly expectedVersion?: number },
): Promise<boolean> {
  const [status, version] = await remove(parts, key, now, "living", expectedVersion);
  if (asText(status) === "version") throw otherVersion(key, expectedVersion ?? 0, Number(version));
  return asText(status) === "removed";
}

/** So many are looked for at a time. */
const STEP = 100;

export async function removeExpiredSessions(
  parts: Parts,
  now: Instant,
  limit: number,
): Promise<SessionKey[]> {
  const { server, prefix } = parts;
  const gone: SessionKey[] = [];
  const upTo = String(toMicroseconds(now));
  for (const tenant of await tenantNames(server, prefix)) {
    const expiries = tenantKey(prefix, tenant, "session-expiries");
    while (gone.length < limit) {
      const amount = String(Math.min(STEP, limit - gone.length));
      const found = await server.command(expiries, [
        "ZRANGEBYSCORE",
        expiries,
        "-inf",
        upTo,
        "LIMIT",
        "0",
        amount,
      ]);
      const keys = asList(found).map((member) => sessionOfMember(tenant, asText(member)));
      if (keys.length === 0) break;
      const replies = await Promise.all(keys.map((key) => remove(parts, key, now, "expired")));
      const removed = keys.filter((_, index) => asText(replies[index]?.[0]) === "removed");
      gone.push(...removed);
      // Somebody has written to them meanwhile, and the list will soon say so.
      if (replies.every(([status]) => asText(status) === "absent")) break;
    }
  }
  return gone;
}

function remove(
  parts: Parts,
  key: SessionKey,
  now: Instant,
  which: "living" | "expired",
  expectedVersion?: number,
): Promise<Reply[]> {
  const { namespace, userId, sessionId } = key;
  return changeSession(parts, key, {
    script: REMOVE_CHANGE,
    request: parts.requestId(),
    args: [
      toMicroseconds(now),
      which,
      expectedVersion ?? "",
      sessionMember(key),
      scopeText({ namespace, userId, agentId: null, sessionId }),
      changeText({ kind: "session", change: "delete", id: sessionId, at: now }),
    ],
  });
}
