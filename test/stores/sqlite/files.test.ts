import { closeSync, existsSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { StoreError } from "../../../src/core/errors.ts";
import { EVERYTHING } from "../../../src/core/filter/filter.ts";
import { openSqliteStore } from "../../../src/stores/sqlite/index.ts";
import { at, makeEntry, makeMessage, makeRecord, putRecord, sessionKey } from "../../../src/testing/build.ts";
import { openScratch, scratchPath } from "./scratch.ts";

test("folder and files are made for their owner alone", async () => {
  const path = join(dirname(scratchPath()), "a", "b", "memory.db");
  const store = await openScratch(path);
  await store.write("t", { writes: [putRecord(makeRecord("a"))], now: at(0) });
  const mode = (file: string) => statSync(file).mode & 0o777;
  expect(mode(dirname(path))).toBe(0o700);
  expect(mode(dirname(dirname(path)))).toBe(0o700);
  for (const file of [path, `${path}-wal`, `${path}-shm`]) expect(mode(file), file).toBe(0o600);
});

test("closing leaves one file with everything", async () => {
  const path = scratchPath();
  const store = await openScratch(path);
  await store.write("t", { writes: [putRecord(makeRecord("a"))], now: at(0) });
  await store.close();
  expect(existsSync(`${path}-wal`)).toBe(false);
});

test("a path that cannot be is a StoreError with the cause", async () => {
  const file = scratchPath();
  writeFileSync(file, "");
  for (const path of [join(file, "memory.db"), dirname(file)]) {
    const error = await openSqliteStore({ path }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StoreError);
    expect(error).toMatchObject({ code: "store_failed", details: { path } });
    expect((error as StoreError).cause).toBeInstanceOf(Error);
  }
});

test("damage is told when it is met, and found by the check", async () => {
  const path = scratchPath();
  const store = await openScratch(path);
  const records = Array.from({ length: 200 }, (_, index) =>
    makeRecord(`r${index}`, { text: "x".repeat(500) }),
  );
  await store.write("t", { writes: records.map((record) => putRecord(record)), now: at(0) });
  await store.close();
  const size = statSync(path).size;
  const file = openSync(path, "r+");
  // All but the schema: it opens, but hardly a page can be read.
  for (let page = 40; page < size / 4096; page++) writeSync(file, "garbage!".repeat(64), page * 4096);
  closeSync(file);
  const damaged = await openScratch(path);
  const query = { filter: EVERYTHING, now: at(0), order: "newest", limit: 1000 } as const;
  const error = await damaged.list("t", query).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: "store_failed", message: expect.stringContaining("damaged") });
  expect(await damaged.check()).toContainEqual(expect.stringContaining("The file is damaged"));
});

test("nothing of an erased record or a deleted session is left in the file", async () => {
  const path = scratchPath();
  const store = await openScratch(path);
  const secret = "qzxv-secret";
  const record = makeRecord("a", { text: secret, topics: [secret], metadata: { [secret]: secret } });
  const entry = makeEntry({ features: new TextEncoder().encode(secret) });
  const filler = Array.from({ length: 50 }, (_, index) => putRecord(makeRecord(`filler${index}`)));
  await store.write("t", { writes: [...filler, putRecord(record, { entry })], now: at(0) });
  await store.write("t", {
    writes: [putRecord({ ...record, text: `${secret} again` }, { entry, expectedVersion: 1 })],
    now: at(1),
  });
  const messages = Array.from({ length: 50 }, (_, index) => makeMessage(`m${index}`, { content: secret }));
  await store.writeSession(sessionKey("s"), { operations: [{ operation: "append", messages }], now: at(1) });
  expect(await store.erase("t", ["a"], at(2))).toEqual(["a"]);
  await store.deleteSession(sessionKey("s"), { now: at(2) });
  await store.close();
  expect(readFileSync(path).includes(secret)).toBe(false);
  expect(readFileSync(path).includes("filler49")).toBe(true);
});
