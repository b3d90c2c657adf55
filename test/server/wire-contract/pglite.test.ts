import { PGlite } from "@electric-sql/pglite";
import { afterAll } from "vitest";
import { openPgliteStore } from "../../../src/stores/postgres/pglite.ts";
import { serveMemory } from "../served.ts";
import { describeWireContract } from "../wire/describe.ts";

const database = await PGlite.create();
afterAll(() => database.close());
let schemas = 0;

describeWireContract({
  name: "pglite",
  open: async (options) =>
    serveMemory(await openPgliteStore({ database, schema: `memory_${++schemas}` }), options),
});
