import { openMemory } from "../../src/index.ts";
import { openRedisStore } from "../../src/stores/redis/index.ts";
import { describeMemory, describeStore } from "../../src/testing/index.ts";
import { freshPrefix, withServer } from "../servers/with-server.ts";

await withServer("redis", ({ url }) => {
  let prefix = freshPrefix();
  const reset = async () => {
    prefix = freshPrefix();
  };

  describeStore({ name: "redis", open: () => openRedisStore({ url, prefix }), reset, runs: 15 });

  describeMemory({
    name: "redis",
    open: ({ clock, ids }) => openMemory(`${url}?prefix=${prefix}`, { clock, ids }),
    reset,
    runs: 10,
  });

  describeStore({
    name: "redis with compression",
    open: () => openRedisStore({ url, prefix, compression: "fast" }),
    reset,
    runs: 5,
  });
});
