import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import type { IndexedRecord } from "../../../src/core/recall-index.ts";
import { openSqliteStore } from "../../../src/stores/sqlite/index.ts";
import { type PageQuery, ReadingAhead } from "../../../src/stores/sqlite/reading-ahead.ts";
import { makeEntry, makeRecord, putRecord, START } from "../../../src/testing/build.ts";
import { scratchPath } from "./scratch.ts";

async function storeOf(path: string, count: number) {
  const store = await openSqliteStore({ path });
  const writes = Array.from({ length: count }, (_, place) =>
    putRecord(makeRecord(`r${place}`, { userId: place % 2 === 0 ? "ann" : null }), {
      entry: makeEntry({
        vector: place % 3 === 0 ? null : Float32Array.from({ length: place }, () => place),
        features: new Uint8Array(place).fill(place),
      }),
    }),
  );
  await store.write("acme", { writes, now: START });
  return store;
}

/** The page, once the thread that reads it has begun to run. */
async function pageOf(ahead: ReadingAhead, query: PageQuery): Promise<IndexedRecord[]> {
  for (;;) {
    ahead.begin("acme", query);
    const page = await ahead.take("acme", query);
    if (page !== null) return page;
    await setImmediate();
  }
}

test("a page that was read ahead is the page", async () => {
  const path = scratchPath();
  const store = await storeOf(path, 20);
  const ahead = new ReadingAhead(path);
  for (const part of [{}, { userId: "ann" }, { userId: null }, { userId: "nobody" }]) {
    for (const afterRow of [0, 7]) {
      const query = { afterRow, limit: 9, ...part };
      expect(await pageOf(ahead, query)).toEqual(await store.indexed("acme", query));
    }
  }
  await ahead.close();
  await store.close();
});

test("whoever begins anew is given nothing that was read ahead before", async () => {
  const path = scratchPath();
  const store = await storeOf(path, 20);
  const ahead = new ReadingAhead(path);
  const query = { afterRow: 5, limit: 5 };
  await pageOf(ahead, query);
  ahead.begin("acme", query);
  expect(await ahead.take("acme", { ...query, afterRow: 0 })).toBeNull();
  expect(await ahead.take("acme", query)).toBeNull();
  await ahead.close();
  await store.close();
});

test("many pages that are read on are all pages, and closing ends what was begun", async () => {
  const store = await storeOf(scratchPath(), 200);
  const all = await store.indexed("acme", { afterRow: 0, limit: 1000 });
  // The thread takes a while to start: until it runs, the store reads by itself.
  for (let round = 0; round < 50; round++) {
    const walked: IndexedRecord[] = [];
    let done: IndexedRecord[] = [];
    for (let afterRow = 0; walked.length < all.length; afterRow = walked.at(-1)?.row ?? 0) {
      const page = await store.indexed("acme", { afterRow, limit: 7, readsOn: true, done });
      walked.push(...structuredClone(page));
      done = page;
    }
    expect(walked).toEqual(all);
  }
  await store.indexed("acme", { afterRow: 0, limit: 7, readsOn: true });
  await store.close();
  const closed = store.indexed("acme", { afterRow: 7, limit: 7, readsOn: true });
  await expect(closed).rejects.toMatchObject({ code: "store_closed" });
});

test("a page that is done with gives its memory back, and no other page loses any", async () => {
  const path = scratchPath();
  const store = await storeOf(path, 20);
  const ahead = new ReadingAhead(path);
  const first = await pageOf(ahead, { afterRow: 0, limit: 9 });
  const second = await pageOf(ahead, { afterRow: 9, limit: 9 });
  ahead.release(first);
  ahead.release(first);
  expect(first.map(({ entry }) => entry.features.length)).toEqual(first.map(() => 0));
  expect(second).toEqual(await store.indexed("acme", { afterRow: 9, limit: 9 }));
  // What the store read by itself is left to the garbage collector.
  const read = await store.indexed("acme", { afterRow: 0, limit: 9 });
  ahead.release(read);
  expect(read.at(-1)?.entry.features.length).toBe(8);
  await ahead.close();
  await store.close();
});

test("where nothing can be read ahead there is no page", async () => {
  const ahead = new ReadingAhead("/nowhere/memory.db");
  const query = { afterRow: 0, limit: 5 };
  for (let turn = 0; turn < 1000; turn++) {
    ahead.begin("acme", query);
    expect(await ahead.take("acme", query)).toBeNull();
    await setImmediate();
  }
  await ahead.close();
});
