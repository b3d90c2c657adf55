import type { SessionKey } from "../../../core/session/state.ts";
import { asBytes, asList, asText, type Reply } from "../connection/reply.ts";
import { conversationId, sessionFieldKey, sessionMember, tenantKey } from "../keys.ts";
import type { Parts } from "../store-parts.ts";
import type { Stored } from "../values.ts";
import { outboxKeys, sessionKeys, tenantSessionKeys, userSessionsKey } from "./keys.ts";
import { readKept } from "./receipt.ts";
import { ANNOUNCE_SCRIPT, type ChangeScript, ENTER_SCRIPT } from "./scripts/change.ts";

interface SessionChange {
  readonly script: ChangeScript;
  readonly request: string;
  /** Idempotency key, if there is one. */
  readonly answerKey?: string | undefined;
  /** What follows mark and announcement. */
  readonly args: readonly (Stored | number)[];
}

/** Replies that say that something happened. */
const HAPPENED = new Set(["written", "removed", "gone"]);

/** Changes a session and has its tenant told: in one step on one server, in four on a cluster. */
export async function changeSession(parts: Parts, key: SessionKey, change: SessionChange): Promise<Reply[]> {
  if (parts.server.isCluster) return changeInCluster(parts, key, change);
  const { server, prefix } = parts;
  const { tenant, userId } = key;
  const reply = await server.gather(
    {
      script: change.script.atOnce,
      group: tenant,
      shared: tenantSessionKeys(prefix, tenant),
      request: (name) => tenantKey(prefix, tenant, name),
    },
    { keys: [...sessionKeys(prefix, key), userSessionsKey(prefix, tenant, userId)], args: change.args },
  );
  return asList(reply);
}

/**
 * Announced to the tenant before, told after: whoever reads the tenant's feed finds what a writer who died in between has
 * left, see `enterWhatIsLeft`. Only then the change is acknowledged.
 */
async function changeInCluster(parts: Parts, key: SessionKey, change: SessionChange): Promise<Reply[]> {
  const { server, prefix } = parts;
  const { answerKey } = change;
  const pending = tenantKey(prefix, key.tenant, "pending");
  for (;;) {
    const mark = markOf(change.request, key);
    const announced = await server.run(ANNOUNCE_SCRIPT, {
      keys: [pending, tenantKey(prefix, key.tenant, "answers")],
      args: [mark, answerKey === undefined ? "" : `=${answerKey}`],
    });
    if (typeof announced !== "number") return readKept(parts, key.tenant, answerKey ?? "");
    const reply = asList(
      await server.gather(
        {
          script: change.script.later,
          group: conversationId(key),
          shared: [],
          request: (name) => sessionFieldKey(prefix, key, name),
        },
        {
          keys: [...sessionKeys(prefix, key), ...outboxKeys(prefix, key, answerKey)],
          args: [mark, announced, ...change.args],
        },
      ),
    );
    const status = asText(reply[0]);
    if (status === "late") continue;
    if (HAPPENED.has(status)) await enter(parts, key, mark, asBytes(reply.at(-1)));
    else await server.command(pending, ["ZREM", pending, mark]);
    return reply;
  }
}

/** Names a change and says whose it is. */
function markOf(request: string, key: SessionKey): string {
  return `${request}\0${sessionMember(key)}`;
}

/** Tells the tenant of an entry, unless somebody else did, and takes it out of the outbox. */
export async function enter(
  { server, prefix }: Parts,
  key: SessionKey,
  mark: string,
  entry: Buffer,
): Promise<void> {
  await server.run(ENTER_SCRIPT, {
    keys: [
      ...tenantSessionKeys(prefix, key.tenant),
      userSessionsKey(prefix, key.tenant, key.userId),
      tenantKey(prefix, key.tenant, "pending"),
      tenantKey(prefix, key.tenant, "numbers"),
    ],
    args: [mark, entry],
  });
  const outbox = sessionFieldKey(prefix, key, "outbox");
  await server.command(outbox, ["HDEL", outbox, mark]);
}
