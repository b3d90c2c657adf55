import { DatabaseSync } from "node:sqlite";
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { at, makeRecord, putRecord } from "../../../src/testing/build.ts";
import { openScratch, scratchPath } from "./scratch.ts";

/** Holds the write lock as another process would. */
function holdLock(path: string): () => void {
  const other = new DatabaseSync(path);
  onTestFinished(() => other.close());
  other.exec("BEGIN IMMEDIATE");
  return () => other.exec("ROLLBACK");
}

test("a write gives up when the file is held beyond the deadline, and the store goes on", async () => {
  const path = scratchPath();
  const store = await openScratch(path, { busyTimeoutMs: 20 });
  const release = holdLock(path);
  const refused = store.write("t", { writes: [putRecord(makeRecord("a"))], now: at(0) });
  await expect(refused).rejects.toMatchObject({ code: "store_busy", retryable: true });
  expect(await store.read("t", ["a"], { now: at(0) })).toEqual([null]);
  release();
  await store.write("t", { writes: [putRecord(makeRecord("a"))], now: at(0) });
  expect(await store.lastSequence("t")).toBe(1);
});

test("a write waits for the file without holding the event loop, and reads go on meanwhile", async () => {
  const path = scratchPath();
  const store = await openScratch(path);
  await store.write("t", { writes: [putRecord(makeRecord("a"))], now: at(0) });
  const release = holdLock(path);
  const waiting = store.write("t", { writes: [putRecord(makeRecord("b"))], now: at(0) });
  for (let turn = 0; turn < 100; turn++) {
    const [a, b] = await store.read("t", ["a", "b"], { now: at(0) });
    expect([a?.id, b]).toEqual(["a", null]);
    await nextTurn();
  }
  release();
  expect((await waiting).sequence).toBe(2);
});
