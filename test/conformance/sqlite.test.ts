import { join } from "node:path";
import { openMemory } from "../../src/index.ts";
import { openSqliteStore } from "../../src/stores/sqlite/index.ts";
import { describeJobQueue, describeMemory, describeStore } from "../../src/testing/index.ts";
import { temporaryFolders } from "./folder.ts";
import { jobsOf } from "./jobs-of.ts";

const folders = temporaryFolders();
let path = "";

const reset = async () => {
  path = join(await folders.fresh(), "memory.db");
};

describeStore({ name: "sqlite", open: () => openSqliteStore({ path }), reset });

describeMemory({
  name: "sqlite",
  open: ({ clock, ids }) => openMemory(`sqlite:${path}`, { clock, ids }),
  reset,
});

describeJobQueue({ name: "sqlite", open: async () => jobsOf(await openSqliteStore({ path })), reset });
