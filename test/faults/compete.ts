/**
 * Tries to be the first to write each version of one record, and prints the versions it wrote: `compete.ts STORE NAME COUNT`.
 */
import { writeSync } from "node:fs";
import { ConflictError } from "../../src/core/errors.ts";
import { openMemory } from "../../src/index.ts";

const [store = "", name = "", count = "0"] = process.argv.slice(2);
const memories = await Promise.all([
  openMemory(store, { jobs: "memory:" }),
  openMemory(store, { jobs: "memory:" }),
]);

for (let version = 1; version <= Number(count); version++) {
  await Promise.all(
    memories.map(async (memory) => {
      try {
        const { version: written } = await memory.update(
          "prize",
          { text: name },
          { expectedVersion: version },
        );
        writeSync(1, `${written}\n`);
      } catch (error) {
        if (!(error instanceof ConflictError)) throw error;
      }
    }),
  );
}
for (const memory of memories) await memory.close();
