import { type Obtained, obtainServer } from "../../test/servers/obtain.ts";
import type { Missing } from "../report/row.ts";
import type { SectionOptions } from "../sections/section.ts";

const NAMES = ["redis", "postgres"] as const;

/**
 * Gives the servers that were named, and starts those that were not, as the tests do. These flush nothing to the disk, which
 * would hide what a store costs behind what the disk costs.
 */
export async function withServers(
  given: { readonly [name in (typeof NAMES)[number]]: string | undefined },
  work: (servers: SectionOptions["servers"], missing: readonly Missing[]) => Promise<void>,
): Promise<void> {
  const obtained: Obtained[] = [];
  const missing: Missing[] = [];
  const servers: { redis?: string; postgres?: string } = {};
  try {
    for (const name of NAMES) {
      try {
        const url = given[name];
        const server = url
          ? { url, summary: name, remove: async () => {} }
          : await obtainServer(name, async () => "");
        obtained.push(server);
        servers[name] = server.url;
      } catch (error) {
        missing.push({ section: "stores: rates", name, reason: (error as Error).message });
      }
    }
    await work(servers, missing);
  } finally {
    for (const server of obtained) await server.remove();
  }
}
