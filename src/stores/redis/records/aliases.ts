import type { Alias, AliasPage } from "../../../core/store.ts";
import type { Instant } from "../../../core/time.ts";
import { asList, asPairs, asText } from "../connection/reply.ts";
import { tenantKey } from "../keys.ts";
import type { Parts } from "../store-parts.ts";
import { decodeValue } from "../values.ts";

/** The aliases that hold now, in the order of the server's hash. */
export async function presentAliases(
  { server, prefix }: Parts,
  tenant: string,
  { cursor, limit }: { readonly cursor: string | null; readonly limit: number },
): Promise<AliasPage> {
  const key = tenantKey(prefix, tenant, "aliases");
  const scan = ["HSCAN", key, cursor ?? "0", "COUNT", String(limit)];
  const [next, page] = asList(await server.command(key, scan));
  const aliases = asPairs(page).flatMap(([id, value]): Alias[] => {
    const [target, at] = (decodeValue(value) as [string | null, Instant][]).at(-1) ?? [null, ""];
    return target === null ? [] : [{ id, target, at }];
  });
  return { aliases, cursor: asText(next) === "0" ? null : asText(next) };
}
