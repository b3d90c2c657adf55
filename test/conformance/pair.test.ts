import { join } from "node:path";
import type { Store } from "../../src/core/store.ts";
import { openMemory } from "../../src/index.ts";
import { createBacking, createMemoryStore } from "../../src/stores/memory/index.ts";
import { createPair } from "../../src/stores/pair.ts";
import { openSqliteStore } from "../../src/stores/sqlite/index.ts";
import { describeMemory, describeStore } from "../../src/testing/index.ts";
import { temporaryFolders } from "./folder.ts";

const folders = temporaryFolders();

interface PairSubject {
  readonly name: string;
  readonly working: () => Promise<Store>;
  readonly longTerm: () => Promise<Store>;
  readonly reset: () => Promise<void>;
}

function describePair({ name, working, longTerm, reset }: PairSubject): void {
  const open = async () => createPair({ working: await working(), longTerm: await longTerm() });
  describeStore({ name, open, reset });
  describeMemory({
    name,
    open: async ({ clock, ids }) =>
      openMemory({ working: await working(), longTerm: await longTerm(), clock, ids }),
    reset,
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

describePair({
  name: "pair of sqlite and sqlite",
  working: () => openSqliteStore({ path: join(folder, "working.db") }),
  longTerm: () => openSqliteStore({ path: join(folder, "memory.db") }),
  reset: async () => {
    folder = await folders.fresh();
  },
});
