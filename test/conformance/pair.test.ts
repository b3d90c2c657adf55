import { join } from "node:path";
import type { Store } from "../../src/core/store.ts";
import { openMemory } from "../../src/index.ts";
import { createBacking, createMemoryStore } from "../../src/stores/memory/index.ts";
import { createPair } from "../../src/stores/pair.ts";
import { openPostgresStore } from "../../src/stores/postgres/index.ts";
import { openRedisStore } from "../../src/stores/redis/index.ts";
import { openSqliteStore } from "../../src/stores/sqlite/index.ts";
import { describeMemory, describeStore } from "../../src/testing/index.ts";
import { freshPrefix, withServer } from "../servers/with-server.ts";
import { ownSchema } from "./emptied.ts";
import { temporaryFolders } from "./folder.ts";

const folders = temporaryFolders();

interface PairSubject {
  readonly name: string;
  readonly working: () => Promise<Store>;
  readonly longTerm: () => Promise<Store>;
  readonly reset: () => Promise<void>;
  readonly runs?: number;
}

function describePair({ name, working, longTerm, ...rest }: PairSubject): void {
  const open = async () => createPair({ working: await working(), longTerm: await longTerm() });
  describeStore({ name, open, ...rest });
  describeMemory({
    name,
    open: async ({ clock, ids }) =>
      openMemory({ working: await working(), longTerm: await longTerm(), jobs: "memory:", clock, ids }),
    ...rest,
  });
}

let folder = "";
let backing = createBacking();

describePair({
  name: "pair of sqlite and memory",
  working: async () => createMemoryStore(backing),
  longTerm: () => openSqliteStore({ path: join(folder, "memory.db") }),
  reset: async () => {
    folder = await folders.fresh();
    backing = createBacking();
  },
});

const servers: { redis?: string; postgres?: string } = {};
await withServer("redis", ({ url }) => {
  servers.redis = url;
});
await withServer("postgres", ({ url }) => {
  servers.postgres = url;
});

// Without one of them the run says so, and counts what it could not do.
if (servers.redis !== undefined && servers.postgres !== undefined) {
  const redis = servers.redis;
  const { url, empty } = await ownSchema(servers.postgres);
  let prefix = freshPrefix();
  describePair({
    name: "pair of postgres and redis",
    working: () => openRedisStore({ url: redis, prefix }),
    longTerm: () => openPostgresStore({ url }),
    reset: async () => {
      prefix = freshPrefix();
      await empty();
    },
    runs: 8,
  });
}
