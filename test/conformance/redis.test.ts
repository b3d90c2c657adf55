import { afterAll, beforeAll } from "vitest";
import { openMemory } from "../../src/index.ts";
import { openRedisStore } from "../../src/stores/redis/index.ts";
import { describeMemory, describeStore } from "../../src/testing/index.ts";
import { type RedisCluster, startRedisCluster } from "../servers/redis-cluster.ts";
import { freshPrefix, withPrograms, withServer } from "../servers/with-server.ts";

await withServer("redis", ({ url }) => {
  let prefix = freshPrefix();
  const reset = async () => {
    prefix = freshPrefix();
  };

  describeStore({ name: "redis", open: () => openRedisStore({ url, prefix }), reset, runs: 15 });

  describeMemory({
    name: "redis",
    open: ({ clock, ids }) => openMemory(`${url}?prefix=${prefix}`, { clock, ids, jobs: "memory:" }),
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

await withPrograms((programs) => {
  let cluster: RedisCluster;
  let prefix = "";
  beforeAll(async () => {
    cluster = await startRedisCluster({ program: programs.redis7 });
  });
  afterAll(() => cluster.remove());
  const reset = async () => {
    prefix = freshPrefix();
  };

  describeStore({
    name: "redis cluster",
    open: () => openRedisStore({ url: cluster.url, prefix }),
    reset,
    runs: 3,
  });

  describeMemory({
    name: "redis cluster",
    open: ({ clock, ids }) => openMemory(`${cluster.url}?prefix=${prefix}`, { clock, ids, jobs: "memory:" }),
    reset,
    runs: 2,
  });
});
