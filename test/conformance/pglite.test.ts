import { PGlite } from "@electric-sql/pglite";
import { afterAll } from "vitest";
import { openMemory } from "../../src/index.ts";
import { openPgliteStore } from "../../src/stores/postgres/pglite.ts";
import { describeMemory, describeStore } from "../../src/testing/index.ts";
import { EMPTYING } from "./emptied.ts";

// Both it and the schema take seconds to make: one for all tests.
const database = await PGlite.create();
afterAll(() => database.close());

const open = () => openPgliteStore({ database });
await (await open()).close();
const reset = async () => {
  const { rows } = await database.query<{ script: string }>(EMPTYING, ["memoir"]);
  await database.exec(rows[0]?.script ?? "");
};

describeStore({ name: "pglite", open, reset, runs: 5 });

describeMemory({
  name: "pglite",
  open: async ({ clock, ids }) => openMemory({ store: await open(), clock, ids }),
  reset,
  runs: 5,
});
