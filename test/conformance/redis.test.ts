import { afterAll, beforeAll } from "vitest";
import type { Store } from "../../src/core/store.ts";
import type { StoreIndex } from "../../src/core/store-index.ts";
import type { VectorSpace } from "../../src/core/vector-index.ts";
import { openMemory } from "../../src/index.ts";
import { openRedisStore } from "../../src/stores/redis/index.ts";
import { describeMemory, describeStore, describeVectorIndex } from "../../src/testing/index.ts";
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

await withServer("redis8", ({ url }) => {
  let prefix = freshPrefix();
  const reset = async () => {
    prefix = freshPrefix();
  };
  const openIndex = async (store: Store, space: VectorSpace) => {
    const opened = await store.openIndex?.(space);
    if (opened?.finds !== "meaning") throw new Error("It has no vector sets");
    return opened.vectors;
  };

  describeVectorIndex({
    name: "redis with vector sets",
    async open(space) {
      const store = await openRedisStore({ url, prefix });
      return { ...(await openIndex(store, space)), close: () => store.close() };
    },
    reset,
    // Each number of a vector is kept in a byte.
    tolerance: 0.02,
    recall: 0.95,
  });

  describeMemory({
    name: "redis with vector sets",
    async open({ clock, ids }) {
      const store = await openRedisStore({ url, prefix });
      const asked = async (space: VectorSpace): Promise<StoreIndex> => ({
        finds: "meaning",
        // However small the scope.
        vectors: { ...(await openIndex(store, space)), askedFrom: 0 },
      });
      return openMemory({
        store: { ...store, openIndex: asked },
        index: "store",
        clock,
        ids,
        jobs: "memory:",
      });
    },
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
