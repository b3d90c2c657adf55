import { freshPrefix, withServer } from "../../servers/with-server.ts";
import { serveMemory } from "../served.ts";
import { describeWireContract } from "../wire/describe.ts";

await withServer("redis", ({ url }) => {
  describeWireContract({
    name: "redis",
    open: (options) => serveMemory(`${url}?prefix=${freshPrefix()}`, options),
  });
});
