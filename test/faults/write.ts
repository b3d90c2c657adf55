/**
 * Writes into a memory, and tells each write when it was acknowledged. It takes one argument, the JSON of `Writing`. Each
 * lane writes one after another, the lanes side by side.
 */
import { writeSync } from "node:fs";
import { openMemory } from "../../src/index.ts";
import { writeOne } from "./operations.ts";
import type { Writing } from "./writers.ts";

const { store, name, count, kinds, lanes, handles } = JSON.parse(process.argv[2] ?? "") as Writing;
const memories = await Promise.all(
  Array.from({ length: handles }, () => openMemory(store, { jobs: "memory:" })),
);

async function lane(number: number): Promise<void> {
  const memory = memories[number % handles];
  if (!memory) throw new TypeError("There is a handle for every lane");
  for (let index = 0; index < count; index++) {
    const id = `${name}-${number}-${index}`;
    for (const kind of kinds) {
      await writeOne(memory, kind, id);
      // Straight to the pipe: what is buffered in a process dies with it.
      writeSync(1, `${kind} ${id}\n`);
    }
  }
}

await Promise.all(Array.from({ length: lanes }, (_, number) => lane(number)));
for (const memory of memories) await memory.close();
