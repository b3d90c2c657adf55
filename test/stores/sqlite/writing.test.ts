import { execFile } from "node:child_process";
import { copyFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { ConflictError, ValidationError } from "../../../src/core/errors.ts";
import { silentLogger } from "../../../src/core/logger.ts";
import type { RecordWrite, Store } from "../../../src/core/store.ts";
import { WritingThread } from "../../../src/stores/sqlite/writing-thread.ts";
import { at, makeMessage, makeRecord, putRecord, sessionKey } from "../../../src/testing/build.ts";
import { openScratch, scratchPath } from "./scratch.ts";

const SCRIPT = fileURLToPath(new URL("./many-writes.ts", import.meta.url));

/** So many that they are not written on this thread. */
const MANY = 250;

function puts(name: string, count = MANY): RecordWrite[] {
  return Array.from({ length: count }, (_, index) => putRecord(makeRecord(`${name}${index}`)));
}

const write = (store: Store, writes: readonly RecordWrite[]) => store.write("t", { writes, now: at(0) });

test("writes large and small are done in the order they were asked for", async () => {
  const store = await openScratch(scratchPath());
  const receipts = await Promise.all([
    write(store, puts("a", 1)),
    write(store, puts("b")),
    write(store, puts("c", 1)),
    write(store, puts("d")),
    write(store, puts("e", 1)),
  ]);
  const { versions } = await write(store, puts("f", 1));
  expect(versions).toEqual([1]);
  const feed = await store.changes("t", { after: 0, limit: 1000 });
  const order = feed.map(({ id }) => id[0]).filter((name, index, names) => name !== names[index - 1]);
  expect(order.join("")).toBe("abcdef");
  expect(receipts.map((receipt) => receipt.versions.length)).toEqual([1, MANY, 1, MANY, 1]);
});

test("a large write that is refused leaves nothing, and its error is the same as that of a small one", async () => {
  const store = await openScratch(scratchPath());
  await write(store, puts("taken", 1));
  const errors: unknown[] = [];
  for (const before of [[], puts("new")])
    errors.push(await write(store, [...before, ...puts("taken", 1)]).catch((error: unknown) => error));
  expect(errors[1]).toBeInstanceOf(ConflictError);
  expect(errors[1]).toMatchObject({
    code: "version_conflict",
    details: { id: "taken0", expectedVersion: 0, actualVersion: 1 },
  });
  expect((errors[1] as Error).message).toBe((errors[0] as Error).message);
  expect(await store.read("t", ["new0"], { now: at(0) })).toEqual([null]);
});

test("what is wrong with a field of a long session is told field by field", async () => {
  const store = await openScratch(scratchPath());
  const key = sessionKey("s", { tenant: "t" });
  const messages = Array.from({ length: MANY }, (_, index) => makeMessage(`m${index}`));
  const error = await store
    .writeSession(key, {
      operations: [
        { operation: "append", messages },
        { operation: "setData", values: { name: "text" } },
        { operation: "increment", key: "name", by: 1 },
      ],
      now: at(0),
    })
    .catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ValidationError);
  expect((error as ValidationError).issues[0]?.path).not.toEqual([]);
  expect(await store.readSession(key, { now: at(0) })).toBeNull();
});

test("after many writes everything is in the file, and not in the log alone", async () => {
  const path = scratchPath();
  const store = await openScratch(path);
  for (const name of ["a", "b"]) await write(store, puts(name));
  const countInFile = () => {
    copyFileSync(path, `${path}.copy`);
    const alone = new DatabaseSync(`${path}.copy`);
    const row = alone.prepare("SELECT count(*) AS count FROM records").get();
    alone.close();
    return row?.["count"];
  };
  await expect.poll(countInFile, { timeout: 30_000 }).toBe(2 * MANY);
});

test("closing waits for what was begun", async () => {
  const path = scratchPath();
  const store = await openScratch(path);
  const begun = [write(store, puts("a")), write(store, puts("b", 1))];
  await store.close();
  await Promise.all(begun);
  const again = await openScratch(path);
  expect(await again.lastSequence("t")).toBe(MANY + 1);
  expect(await again.check()).toEqual([]);
});

test("a thread that was closed is started again when it is needed", async () => {
  const path = scratchPath();
  await (await openScratch(path)).close();
  const thread = new WritingThread({ path, durability: "normal", busyTimeoutMs: 1000 }, silentLogger);
  onTestFinished(() => thread.close());
  const request = (name: string) =>
    ({ name: "writeBatch", parameters: ["t", { writes: puts(name), now: at(0) }] }) as const;
  await thread.write(request("a"));
  await thread.close();
  await thread.close();
  expect(await thread.write(request("b"))).toMatchObject({ sequence: 2 * MANY });
});

test.each([
  ["with a thread", [], []],
  [
    "where no thread may be started",
    ["--permission", "--allow-fs-read=*", "--allow-fs-write=*"],
    [expect.stringContaining("no thread")],
  ],
])("a program that wrote much ends by itself with its store open, %s", async (_, flags, warnings) => {
  const path = scratchPath();
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, SCRIPT, path]);
  expect(JSON.parse(stdout)).toEqual({ sequence: 400, warnings });
  const store = await openScratch(path);
  expect(await store.lastSequence("t")).toBe(400);
});
