import { setTimeout as wait } from "node:timers/promises";
import { StoreError } from "../../../core/errors.ts";
import type { SessionKey } from "../../../core/session/state.ts";
import { asList, asPairs, asText, type Reply } from "../connection/reply.ts";
import { conversationId, sessionFieldKey, sessionMember, tenantKey } from "../keys.ts";
import type { Parts } from "../store-parts.ts";
import type { Stored } from "../values.ts";
import { enter } from "./enter.ts";
import { outboxKeys, sessionKeys, tenantSessionKeys, userSessionsKey } from "./keys.ts";
import { enterWhatIsLeft } from "./left.ts";
import { readKept } from "./receipt.ts";
import { ANNOUNCE_SCRIPT, type ChangeScript } from "./scripts/change.ts";

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
  const mark = markOf(change.request, key);
  const start = performance.now();
  for (;;) {
    const announced = await server.run(ANNOUNCE_SCRIPT, {
      keys: [
        pending,
        tenantKey(prefix, key.tenant, "answers"),
        tenantKey(prefix, key.tenant, `holder:${answerKey ?? ""}`),
      ],
      args: [mark, answerKey === undefined ? "" : `=${answerKey}`],
    });
    if (announced === null) {
      if (performance.now() - start > parts.timeout) throw keyInUse(answerKey ?? "", server.where);
      // Whoever holds the key may be dead.
      await enterWhatIsLeft(parts, key.tenant);
      await wait(2 + Math.random() * 8);
      continue;
    }
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
    if (HAPPENED.has(status)) await enter(parts, key, asPairs(reply.at(-1)));
    else await server.command(pending, ["ZREM", pending, mark]);
    return reply;
  }
}

/** Names a change and says whose it is. */
function markOf(request: string, key: SessionKey): string {
  return `${request}\0${sessionMember(key)}`;
}

function keyInUse(answerKey: string, where: string): StoreError {
  return new StoreError(
    "store_busy",
    `Another write with the idempotency key ${JSON.stringify(answerKey)} is going on in the Redis store ${where}.`,
    { details: { key: answerKey, store: where } },
  );
}
