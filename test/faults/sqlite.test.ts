import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolders } from "../conformance/folder.ts";
import { type Acknowledged, checkStore, readAll, show, tally, writeElsewhere } from "./writers.ts";

const MINUTES = 60_000;

const folders = temporaryFolders();

const joined = (parts: readonly Acknowledged[]): Acknowledged => ({
  records: parts.flatMap(({ records }) => records),
  messages: parts.flatMap(({ messages }) => messages),
});

test("four processes on one folder lose nothing, double nothing and keep each writer's order", {
  timeout: 5 * MINUTES,
}, async () => {
  const path = join(await folders.fresh(), "memory.db");
  const names = ["a", "b", "c", "d"];
  const writers = await Promise.all(names.map((name) => writeElsewhere({ path, name, count: 500 })));
  expect(writers.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
  const found = await readAll(path);
  const figures = tally(joined(writers), found);
  show("four writers", figures);
  expect(figures).toEqual({ acknowledged: 4000, found: 4000, lost: 0, doubled: 0 });
  for (const name of names) {
    const own = Array.from({ length: 500 }, (_, index) => `${name}-0-${index}`);
    expect(found.messages.filter((id) => id.startsWith(`${name}-`))).toEqual(own);
    expect(new Set(found.records.filter((id) => id.startsWith(`${name}-`)))).toEqual(new Set(own));
  }
  expect(await checkStore(path)).toEqual([]);
});

test("a process killed twenty times amid its writes has lost nothing it acknowledged", {
  timeout: 5 * MINUTES,
}, async () => {
  const path = join(await folders.fresh(), "memory.db");
  const writers: Acknowledged[] = [];
  for (let round = 0; round < 20; round++) {
    // Three lanes, so that the kill always hits writes that are under way; the moment differs from round to round.
    const killAfter = 1 + ((round * 17) % 43);
    const writer = await writeElsewhere({ path, name: `round${round}`, count: 100_000, lanes: 3, killAfter });
    expect(writer.code).toBeNull();
    expect(writer.records.length + writer.messages.length).toBeGreaterThanOrEqual(killAfter);
    writers.push(writer);
    expect(await checkStore(path)).toEqual([]);
    expect(tally(joined(writers), await readAll(path))).toMatchObject({ lost: 0, doubled: 0 });
  }
  show("twenty kills", tally(joined(writers), await readAll(path)));
});

test("a tally tells what was lost and what was doubled", () => {
  const acknowledged = { records: ["a", "b"], messages: ["a"] };
  expect(tally(acknowledged, { records: ["b", "c", "c"], messages: ["a"] })).toEqual({
    acknowledged: 3,
    found: 4,
    lost: 1,
    doubled: 1,
  });
});
