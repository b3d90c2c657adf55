import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { type Embedder, openMemory } from "../../src/index.ts";

/** How often the event loop comes round while something runs. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let running = true;
  const counting = (async () => {
    while (running) {
      await setImmediate();
      turns++;
    }
  })();
  await work();
  running = false;
  await counting;
  return turns;
}

test("searches that come at once leave others their turn", async () => {
  await using memory = await openMemory("memory:");
  await memory.add(["an aisle seat", "fizzy jugs"]);
  await memory.search("seat");
  const asked = Array.from({ length: 50 }, (_, number) => `seat ${number}`);
  expect(await turnsDuring(() => Promise.all(asked.map((text) => memory.search(text))))).toBeGreaterThan(45);
});

test("adding records that take long to check leaves others their turn", async () => {
  // One that does not give way itself.
  const embedder: Embedder = {
    id: "one",
    dimensions: 1,
    local: true,
    embed: async (texts) => texts.map(() => Float32Array.of(1)),
  };
  await using memory = await openMemory("memory:", { embedder });
  const records = Array.from({ length: 10 }, (_, number) => ({
    get text() {
      const end = performance.now() + 11;
      while (performance.now() < end);
      return `note ${number}`;
    },
  }));
  expect(await turnsDuring(() => memory.add(records))).toBeGreaterThanOrEqual(9);
});
