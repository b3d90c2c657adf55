import { expect, test, vi } from "vitest";
import type { Embedder } from "../../src/core/embedder.ts";
import { type Memory, openMemory } from "../../src/index.ts";
import { createBacking, createMemoryStore } from "../../src/stores/memory/index.ts";
import { START } from "../../src/testing/build.ts";

/** A clock that tests move. */
function movable() {
  const time = { now: Date.parse(START) };
  return { clock: { now: () => time.now }, advance: (seconds: number) => (time.now += seconds * 1000) };
}

/** An embedder of two dimensions that fails as long as it is told to. */
function fragile(id: string) {
  const state = { broken: false };
  const embedder: Embedder = {
    id,
    dimensions: 2,
    local: true,
    embed: async (texts) => {
      if (state.broken) throw new Error("the model at https://ann:sesame@models.example is away");
      return texts.map(() => Float32Array.of(1, 0));
    },
  };
  return { embedder, state };
}

test("what has expired is removed by a job, in one of the processes that share the memory", async () => {
  const backing = createBacking();
  const { clock, advance } = movable();
  const open = (workers: number) => openMemory({ store: createMemoryStore(backing), clock, workers });
  const [working, idle] = [await open(1), await open(0)];
  await idle.add({ id: "mortal", text: "Gone soon", expiresAt: new Date(clock.now() + 30_000) });
  advance(60);
  await vi.waitFor(async () => expect(await idle.history("mortal")).toHaveLength(2), 30_000);
  expect((await idle.history("mortal")).at(-1)).toMatchObject({ change: "delete", reason: "expired" });
  await vi.waitFor(async () => expect(await idle.jobs.counts()).toEqual([]), 30_000);
  await working.close();
  await idle.close();
});

test("a write repeated with its key is done once for a day, and for ever where that is asked for", async () => {
  const { clock, advance } = movable();
  const write = (memory: Memory) =>
    memory.session("chat").apply([{ operation: "increment", key: "n", by: 1 }], { idempotencyKey: "k" });
  const count = async (memory: Memory) => (await memory.session("chat").read())?.data["n"];
  const daily = await openMemory({ store: "memory:", clock });
  const lasting = await openMemory({ store: "memory:", clock, idempotencyTtl: null });
  for (const memory of [daily, lasting]) await write(memory);
  advance(86_400 - 61);
  for (const memory of [daily, lasting]) await write(memory);
  expect([await count(daily), await count(lasting)]).toEqual([1, 1]);
  advance(122);
  await vi.waitFor(async () => {
    await write(daily);
    expect(await count(daily)).toBe(2);
  }, 30_000);
  // Swept at the same time, by the same schedule.
  await vi.waitFor(async () => expect(await lasting.jobs.counts()).toEqual([]), 30_000);
  await write(lasting);
  expect(await count(lasting)).toBe(1);
  await daily.close();
  await lasting.close();
  await expect(openMemory({ store: "memory:", idempotencyTtl: 0 })).rejects.toThrow(/^idempotencyTtl: /);
});

test("with another embedder the entries are renewed by a job; while the model is away it is tried again", async () => {
  const backing = createBacking();
  const { clock, advance } = movable();
  const { embedder: first } = fragile("first");
  const { embedder: second, state } = fragile("second");
  const old = await openMemory({ store: createMemoryStore(backing), clock, embedder: first });
  await old.add("Prefers aisle seats");
  await old.close();
  state.broken = true;
  const store = createMemoryStore(backing);
  const memory = await openMemory({ store, clock, embedder: second });
  const { jobs } = memory;
  for (let attempt = 1; attempt < 5; attempt++) {
    await vi.waitFor(
      async () => expect((await jobs.list({ state: "delayed" })).jobs).toMatchObject([{ attempts: attempt }]),
      30_000,
    );
    advance(600);
  }
  await vi.waitFor(async () => expect((await jobs.list()).jobs).toHaveLength(1), 30_000);
  const [dead] = (await jobs.list()).jobs;
  expect(dead).toMatchObject({ kind: "renew-entries", state: "dead", attempts: 5 });
  expect(dead?.failure?.message).toContain("is away");
  expect(JSON.stringify(dead)).not.toContain("sesame");
  state.broken = false;
  expect(await jobs.retry(dead?.id ?? "")).toBe(true);
  const { analyzer } = JSON.parse(JSON.stringify(dead?.payload));
  const stale = () => store.staleEntries("default", { embedder: "second", analyzer, limit: 9 });
  await vi.waitFor(async () => expect(await stale()).toEqual([]), 30_000);
  await memory.close();
});
