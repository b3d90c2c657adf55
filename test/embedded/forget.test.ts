import { expect, test } from "vitest";
import { type Memory, openMemory } from "../../src/index.ts";
import { serveMemory } from "../server/served.ts";

const TEXTS = Array.from({ length: 2300 }, (_, index) => `Fact number ${index}`);

async function forgetsAllButTen(memory: Memory): Promise<void> {
  await memory.add(TEXTS);
  const told = await memory.forget({ budget: 10 });
  expect([told.scanned, told.deleted]).toEqual([2300, 2290]);
  const [first] = (await memory.forget({ budget: 10 }, { limit: 1100 })).deletedIds;
  expect(first).toBe(told.deletedIds[0]);
  const options = { dryRun: false, idempotencyKey: "keep ten" };
  const done = await memory.forget({ budget: 10 }, options);
  expect(new Set(done.deletedIds)).toEqual(new Set(told.deletedIds));
  expect((await memory.list()).total).toBe(10);
  expect(await memory.forget({ budget: 10 }, options)).toEqual(done);
}

test("a policy reaches every record of a scope, however many there are", async () => {
  const memory = await openMemory("memory:");
  await forgetsAllButTen(memory);
  await memory.close();
});

test("through a server too, where the contract's own callers get a thousand at a time", async () => {
  const served = await serveMemory("memory:");
  const memory = await openMemory(served.url);
  await forgetsAllButTen(memory);
  await memory.add(TEXTS);
  const forget = await fetch(`${served.url}/v1/long-term-memory/forget?dry_run=true`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ policy: { budget: 10 } }),
  });
  expect(await forget.json()).toMatchObject({ scanned: 1000, deleted: 990 });
  await memory.close();
  await served.close();
});
