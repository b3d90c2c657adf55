import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolders } from "../conformance/folder.ts";
import type { Filled } from "./fill-disk.ts";
import { joined, show, tally, type Writes } from "./ledger.ts";
import { checkStore, readAll } from "./operations.ts";
import { fourProcessesCompete, fourProcessesWrite } from "./processes.ts";
import { withSmallDisk } from "./small-disk.ts";
import { writeElsewhere } from "./writers.ts";

const MINUTES = 60_000;

const folders = temporaryFolders();
const freshStore = async () => `sqlite:${join(await folders.fresh(), "memory.db")}`;

test("four processes on one folder lose nothing, double nothing and keep each writer's order", {
  timeout: 5 * MINUTES,
}, async () => {
  const store = await freshStore();
  const names = ["a", "b", "c", "d"];
  const writers = await Promise.all(names.map((name) => writeElsewhere({ store, name, count: 500 })));
  expect(writers.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
  const found = await readAll(store);
  const figures = tally(joined(writers), found);
  show("four writers", figures);
  expect(figures).toEqual({ acknowledged: 4000, found: 4000, lost: 0, doubled: 0 });
  for (const name of names) {
    const own = Array.from({ length: 500 }, (_, index) => `${name}-0-${index}`);
    expect(found.messages.filter((id) => id.startsWith(`${name}-`))).toEqual(own);
    expect(new Set(found.records.filter((id) => id.startsWith(`${name}-`)))).toEqual(new Set(own));
  }
  expect(await checkStore(store)).toEqual([]);
});

test("four processes with two handles each lose no message, push or increment", {
  timeout: 5 * MINUTES,
}, async () => {
  await fourProcessesWrite("four processes on SQLite", await freshStore());
});

test("of four processes with two handles each, one wins each version", { timeout: 5 * MINUTES }, async () => {
  await fourProcessesCompete(await freshStore());
});

withSmallDisk((run) => {
  test("a write to a full disk is refused, nothing is lost, and all goes on when there is room", () => {
    const { failure, whileFull, afterwards, problems } = run(
      new URL("./fill-disk.ts", import.meta.url),
    ) as Filled;
    show("a full disk", afterwards);
    expect(failure).toBe("store_full");
    expect(whileFull).toMatchObject({ lost: 0, doubled: 0 });
    expect(afterwards).toMatchObject({ acknowledged: whileFull.acknowledged + 5, lost: 0, doubled: 0 });
    expect(problems).toEqual([]);
  });
});

test("a process killed twenty times amid its writes has lost nothing it acknowledged", {
  timeout: 5 * MINUTES,
}, async () => {
  const store = await freshStore();
  const writers: Writes[] = [];
  for (let round = 0; round < 20; round++) {
    // Three lanes, so that the kill always hits writes that are under way; the moment differs from round to round.
    const killAfter = 1 + ((round * 17) % 43);
    const writer = await writeElsewhere({
      store,
      name: `round${round}`,
      count: 100_000,
      lanes: 3,
      killAfter,
      kinds: [round % 4 === 3 ? "batch" : "record", "message"],
    });
    expect(writer.code).toBeNull();
    expect(writer.records.length + writer.messages.length).toBeGreaterThanOrEqual(killAfter);
    writers.push(writer);
    expect(await checkStore(store)).toEqual([]);
    expect(tally(joined(writers), await readAll(store))).toMatchObject({ lost: 0, doubled: 0 });
  }
  show("twenty kills", tally(joined(writers), await readAll(store)));
});
