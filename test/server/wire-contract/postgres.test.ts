import { freshDatabase, withServer } from "../../servers/with-server.ts";
import { serveMemory } from "../served.ts";
import { describeWireContract } from "../wire/describe.ts";

await withServer("postgres", async (server) => {
  const database = await freshDatabase(server.url);
  let schemas = 0;

  describeWireContract({
    name: "postgres",
    open: (options) => serveMemory(`${database}?schema=memory_${++schemas}`, options),
  });
});
