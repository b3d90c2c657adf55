import { join } from "node:path";
import { temporaryFolders } from "../../conformance/folder.ts";
import { serveMemory } from "../served.ts";
import { describeWireContract } from "../wire/describe.ts";

const folders = temporaryFolders();

describeWireContract({
  name: "sqlite",
  open: async (options) => serveMemory(`sqlite:${join(await folders.fresh(), "memory.db")}`, options),
});
