import { join } from "node:path";
import { connectMemory } from "../../src/client/index.ts";
import { silentLogger } from "../../src/core/logger.ts";
import type { Store } from "../../src/core/store.ts";
import { Memory, openMemory } from "../../src/index.ts";
import { serve } from "../../src/server/index.ts";
import { createBacking, createMemoryStore } from "../../src/stores/memory/index.ts";
import { describeMemory, type MemoryOpening } from "../../src/testing/index.ts";
import { freshPrefix, withServer } from "../servers/with-server.ts";
import { ownSchema } from "./emptied.ts";
import { temporaryFolders } from "./folder.ts";

/** A memory behind a server of its own and a real socket. Handles on the same data have a server each. */
async function openRemote(store: string | Store, { clock, ids }: MemoryOpening): Promise<Memory> {
  const { operations } = await openMemory({ store, jobs: "memory:", clock, ids });
  const server = await serve({ operations, clock, port: 0, logger: silentLogger });
  const remote = connectMemory(server.url, { backoff: 5 });
  const disconnect = remote.close.bind(remote);
  remote.close = async () => {
    await disconnect();
    await server.close();
  };
  return new Memory({ operations: remote, clock, ids });
}

let backing = createBacking();

describeMemory({
  name: "remote",
  open: (opening) => openRemote(createMemoryStore(backing), opening),
  reset: async () => {
    backing = createBacking();
  },
});

const folders = temporaryFolders();
let path = "";

describeMemory({
  name: "remote on sqlite",
  open: (opening) => openRemote(`sqlite:${path}`, opening),
  reset: async () => {
    path = join(await folders.fresh(), "memory.db");
  },
});

await withServer("postgres", async (server) => {
  const { url, empty } = await ownSchema(server.url);
  describeMemory({
    name: "remote on postgres",
    open: (opening) => openRemote(url, opening),
    reset: empty,
    runs: 5,
  });
});

await withServer("redis", ({ url }) => {
  let prefix = freshPrefix();
  describeMemory({
    name: "remote on redis",
    open: (opening) => openRemote(`${url}?prefix=${prefix}`, opening),
    reset: async () => {
      prefix = freshPrefix();
    },
    runs: 10,
  });
});
