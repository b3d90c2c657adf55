import { type Instant, instantKey } from "../../../core/time.ts";
import { changeText } from "../change-text.ts";
import { asList, asText } from "../connection/reply.ts";
import { defineGathered } from "../connection/script.ts";
import { tenantKey } from "../keys.ts";
import type { Parts } from "../store-parts.ts";
import { HEADS } from "./heads.ts";
import { recordKeys } from "./keys.ts";
import { runWrites, type ScriptWrite } from "./write.ts";

/** So many ids at most are changed by one script: others wait for it. */
const STEP = 500;

/** Counts an access of each id after the instant, given both as sortable text and as it is. */
const TOUCH_SCRIPT = defineGathered({
  writes: true,
  shared: ["heads", "accesses"],
  functions: [HEADS],
  call: [
    `
local now, at = take(), take()
while position < stop do
  local id = take()
  if lives(readHead(id), now) then
    local count = tonumber(string.match(redis.call('HGET', accesses, id), '^(%S+) '))
    redis.call('HSET', accesses, id, string.format('%.17g', count + 1) .. ' ' .. at)
  end
end
return 0
`,
  ],
});

export async function touchRecords(
  { server, prefix }: Parts,
  tenant: string,
  ids: readonly string[],
  now: Instant,
): Promise<void> {
  const shared = recordKeys(prefix, tenant, ["heads", "accesses"]);
  const request = (name: string) => tenantKey(prefix, tenant, name);
  for (let start = 0; start < ids.length; start += STEP)
    await server.gather(
      { script: TOUCH_SCRIPT, group: tenant, shared, request },
      { keys: [], args: [instantKey(now), now, ...ids.slice(start, start + STEP)] },
    );
}

export async function eraseRecords(
  parts: Parts,
  tenant: string,
  ids: readonly string[],
  now: Instant,
): Promise<string[]> {
  const asked = [...new Set(ids)];
  const writes = asked.map((id) => ({
    kind: "erase" as const,
    id,
    change: changeText({ kind: "record", change: "delete", id, at: now }),
  }));
  return whichChanged(parts, tenant, writes, now);
}

export async function removeExpiredRecords(
  parts: Parts,
  tenant: string,
  now: Instant,
  limit: number,
): Promise<string[]> {
  const key = tenantKey(parts.prefix, tenant, "expiries");
  const removed: string[] = [];
  while (removed.length < limit) {
    const amount = Math.min(STEP, limit - removed.length);
    const upTo = `(${instantKey(now)}\x01`;
    const found = await parts.server.command(key, [
      "ZRANGEBYLEX",
      key,
      "-",
      upTo,
      "LIMIT",
      "0",
      String(amount),
    ]);
    const ids = asList(found).map((member) => asText(member).split("\0")[1] ?? "");
    if (ids.length === 0) break;
    const note = JSON.stringify({ change: "delete", reason: "expired" });
    const writes = ids.map((id) => ({
      kind: "expire" as const,
      id,
      note,
      change: changeText({ kind: "record", change: "delete", id, at: now }),
    }));
    const gone = await whichChanged(parts, tenant, writes, now);
    // Somebody else has removed them meanwhile.
    if (gone.length === 0) break;
    removed.push(...gone);
  }
  return removed;
}

/** Runs writes that happen only where there is something to do; gives the ids where there was. */
async function whichChanged(
  parts: Parts,
  tenant: string,
  writes: readonly ScriptWrite[],
  now: Instant,
): Promise<string[]> {
  if (writes.length === 0) return [];
  const [, versions] = await runWrites(parts, tenant, writes, now);
  return writes.filter((_, index) => Number(asList(versions)[index]) > 0).map(({ id }) => id);
}
