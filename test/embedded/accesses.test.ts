import { expect, test } from "vitest";
import { openMemory } from "../../src/index.ts";
import { createBacking, createMemoryStore } from "../../src/stores/memory/index.ts";

const FRUIT = ["apple", "banana", "cherry", "damson", "elderberry"];

test("accesses of searches that follow closely are counted together, and all of them before the memory closes", async () => {
  const backing = createBacking();
  const store = createMemoryStore(backing);
  let writes = 0;
  const touch: typeof store.touch = (...given) => {
    writes++;
    return store.touch(...given);
  };
  const memory = await openMemory({ store: { ...store, touch } });
  await memory.add(FRUIT.map((text) => ({ id: text, text, lastAccessedAt: "2020-01-01" })));
  for (const text of FRUIT) await memory.search(text, { filter: { id: text } });
  await memory.close();
  expect(writes).toBeLessThan(FRUIT.length);

  await using later = await openMemory({ store: createMemoryStore(backing) });
  const counts = (await later.list()).records.map(({ accessCount }) => accessCount);
  expect(counts).toEqual(FRUIT.map(() => 1));
});
