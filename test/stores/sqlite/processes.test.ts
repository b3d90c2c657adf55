import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { setImmediate as nextTurn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import type { Store } from "../../../src/core/store.ts";
import { at, makeRecord, putRecord, sessionKey } from "../../../src/testing/build.ts";
import { openScratch, scratchPath } from "./scratch.ts";

const SCRIPT = fileURLToPath(new URL("./write-until-killed.ts", import.meta.url));

/** Writes in another process, so many rows at once; `enough` is asked after each id whether to kill it. */
async function writeElsewhere(
  path: string,
  name: string,
  count: number,
  { rows = 1, enough = () => false }: { rows?: number; enough?: (acknowledged: number) => boolean } = {},
): Promise<string[]> {
  const parameters = [path, name, String(count), String(rows)];
  const child: ChildProcess = spawn(process.execPath, [SCRIPT, ...parameters], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const closed = once(child, "close");
  const acknowledged: string[] = [];
  if (child.stdout)
    for await (const id of createInterface(child.stdout)) {
      acknowledged.push(id);
      if (enough(acknowledged.length)) child.kill("SIGKILL");
    }
  await closed;
  return acknowledged;
}

async function missing(store: Store, name: string, ids: readonly string[]): Promise<string[]> {
  const records = await store.read("t", ids, { now: at(0) });
  const session = await store.readSession(sessionKey(name, { tenant: "t" }), { now: at(0) });
  const messages = new Set(session?.messages.map(({ id }) => id));
  return ids.filter((id, index) => records[index]?.id !== id || !messages.has(id));
}

test("a process killed amid its writes loses nothing it acknowledged", async () => {
  const path = scratchPath();
  for (const [round, rows] of [
    ["one", 1],
    ["two", 40],
    ["three", 1],
  ] as const) {
    const acknowledged = await writeElsewhere(path, round, 1_000_000, {
      rows,
      enough: (count) => count >= 50,
    });
    expect(acknowledged.length).toBeGreaterThanOrEqual(50);
    const store = await openScratch(path);
    expect(await missing(store, round, acknowledged)).toEqual([]);
    expect(await store.check()).toEqual([]);
    await store.close();
  }
});

test("processes that write at once all succeed, and each sees what the others wrote", async () => {
  const path = scratchPath();
  const here = await openScratch(path);
  const elsewhere = Promise.all(["a", "b"].map((name) => writeElsewhere(path, name, 100)));
  for (let index = 0; index < 100; index++)
    await here.write("t", { writes: [putRecord(makeRecord(`here-${index}`))], now: at(0) });
  const [a = [], b = []] = await elsewhere;
  expect([a.length, b.length]).toEqual([100, 100]);
  expect(await missing(here, "a", a)).toEqual([]);
  expect(await missing(here, "b", b)).toEqual([]);
  // 300 records, and a change of a session for each of 200.
  expect(await here.lastSequence("t")).toBe(500);
  expect(await here.check()).toEqual([]);
});

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
