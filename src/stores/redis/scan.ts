import { asList, asText } from "./connection/reply.ts";
import type { Server } from "./connection/server.ts";

/** The names in a hash, some hundred at a time. A name may come twice. */
export async function* scanHash(server: Server, key: string): AsyncGenerator<string[]> {
  let cursor = "0";
  do {
    const [next, page] = asList(await server.command(key, ["HSCAN", key, cursor, "COUNT", "200"]));
    yield asList(page)
      .filter((_, index) => index % 2 === 0)
      .map(asText);
    cursor = asText(next);
  } while (cursor !== "0");
}
