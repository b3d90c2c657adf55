import { join } from "node:path";
import { openSqliteStore } from "../../src/stores/sqlite/index.ts";
import { describeStore } from "../../src/testing/describe-store.ts";
import { temporaryFolders } from "./folder.ts";

const folders = temporaryFolders();
let path = "";

describeStore({
  name: "sqlite",
  open: () => openSqliteStore({ path }),
  reset: async () => {
    path = join(await folders.fresh(), "memory.db");
  },
});
