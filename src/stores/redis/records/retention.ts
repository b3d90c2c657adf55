import type { VersionRetention } from "../../../core/retention.ts";
import type { IdPage } from "../../../core/store.ts";
import { instantKey } from "../../../core/time.ts";
import { asList, asPairs, asText } from "../connection/reply.ts";
import { defineScript } from "../connection/script.ts";
import { tenantKey } from "../keys.ts";
import type { Parts } from "../store-parts.ts";
import { historyKeys } from "./keys.ts";

/** Every id there ever was, in the order of the server's hash: the head of an id stays. */
export async function usedIds(
  { server, prefix }: Parts,
  tenant: string,
  { cursor, limit }: { readonly cursor: string | null; readonly limit: number },
): Promise<IdPage> {
  const key = tenantKey(prefix, tenant, "heads");
  const [next, page] = asList(
    await server.command(key, ["HSCAN", key, cursor ?? "0", "COUNT", String(limit)]),
  );
  return {
    ids: asPairs(page).map(([id]) => id),
    cursor: asText(next) === "0" ? null : asText(next),
  };
}

/** So many histories at most are looked at by one script: others wait for it. */
const STEP = 200;

/** Arguments: how many stay or -1, and the instant as sortable text or nothing. Keys: histories. As `forgettable` says. */
const FORGET_SCRIPT = defineScript(
  ["_"],
  `
local PARTS = 5
local newest, since, forgotten = tonumber(ARGV[1]), ARGV[2], 0
for _, history in ipairs(KEYS) do
  local function moment(version) return redis.call('LINDEX', history, version * PARTS + 1) end
  local count = redis.call('LLEN', history) / PARTS
  local first = count - 1
  if newest >= 0 then first = math.min(first, count - newest) end
  if since ~= '' then
    local known = count - 1
    while known >= 0 and string.sub(moment(known), 1, -2) > since do known = known - 1 end
    first = math.min(first, known)
  end
  if first > 0 and string.sub(moment(first), -1) == '-' then first = first - 1 end
  if first > 0 then
    redis.call('LTRIM', history, first * PARTS, -1)
    forgotten = forgotten + first
  end
end
return forgotten
`,
);

export async function forgetVersions(
  { server, prefix }: Parts,
  tenant: string,
  ids: readonly string[],
  { newest, since }: VersionRetention,
): Promise<number> {
  if (newest === null && since === null) return 0;
  const args = [newest ?? -1, since === null ? "" : instantKey(since)];
  let forgotten = 0;
  for (let start = 0; start < ids.length; start += STEP) {
    const keys = historyKeys(prefix, tenant, [...new Set(ids.slice(start, start + STEP))]);
    forgotten += Number(await server.run(FORGET_SCRIPT, { keys, args }));
  }
  return forgotten;
}
