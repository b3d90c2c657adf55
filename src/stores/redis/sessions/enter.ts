import type { SessionKey } from "../../../core/session/state.ts";
import { sessionFieldKey, tenantKey } from "../keys.ts";
import type { Parts } from "../store-parts.ts";
import { tenantSessionKeys, userSessionsKey } from "./keys.ts";
import { ENTER_SCRIPT } from "./scripts/change.ts";

/** Tells the tenant of a session's entries in their order, unless somebody else did, and takes them out of the outbox. */
export async function enter(
  { server, prefix }: Parts,
  key: SessionKey,
  entries: readonly (readonly [mark: string, entry: Buffer])[],
): Promise<void> {
  if (entries.length === 0) return;
  const inOrder = entries.toSorted(([, left], [, right]) => left.compare(right));
  await server.run(ENTER_SCRIPT, {
    keys: [
      ...tenantSessionKeys(prefix, key.tenant),
      userSessionsKey(prefix, key.tenant, key.userId),
      tenantKey(prefix, key.tenant, "pending"),
      tenantKey(prefix, key.tenant, "numbers"),
    ],
    args: inOrder.flat(),
  });
  const outbox = sessionFieldKey(prefix, key, "outbox");
  await server.command(outbox, ["HDEL", outbox, ...inOrder.map(([mark]) => mark)]);
}
