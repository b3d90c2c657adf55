import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { EVERYTHING } from "../../../src/core/filter/filter.ts";
import { silentLogger } from "../../../src/core/logger.ts";
import { type Connection, openConnection, resultCode } from "../../../src/stores/sqlite/driver.ts";
import { createWriter, inOneStep, type Writer } from "../../../src/stores/sqlite/writer.ts";
import { at, makeRecord, putRecord } from "../../../src/testing/build.ts";
import { openScratch, scratchPath } from "./scratch.ts";

/** A writer on a table of names, and what another connection sees of it. */
function writerOnNames() {
  const path = scratchPath();
  const inner = openConnection(path, { readOnly: false });
  inner.exec("PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON");
  inner.exec("CREATE TABLE names (name TEXT PRIMARY KEY, parent TEXT REFERENCES names)");
  const observer = openConnection(path, { readOnly: true });
  onTestFinished(() => {
    observer.close();
    inner.close();
  });
  const commits: string[] = [];
  const connection: Connection = Object.assign(Object.create(inner) as Connection, {
    run(text: string, ...values: (string | number)[]) {
      const result = inner.run(text, ...values);
      if (text === "COMMIT") commits.push(names(observer).join());
      return result;
    },
  });
  const options = { path, deadlineMs: 1000, logger: silentLogger };
  return { connection, commits, seen: () => names(observer), writer: createWriter(connection, options) };
}

function names(connection: Connection): string[] {
  return connection.all<{ name: string }>("SELECT name FROM names ORDER BY name").map(({ name }) => name);
}

function insert(writer: Writer, name: string): Promise<string> {
  return writer.write(
    inOneStep((connection) => {
      connection.run("INSERT INTO names (name) VALUES (?)", name);
      return name;
    }),
  );
}

test("writes of one moment share a commit", async () => {
  const { writer, commits } = writerOnNames();
  expect(await Promise.all(["a", "b", "c"].map((name) => insert(writer, name)))).toEqual(["a", "b", "c"]);
  await insert(writer, "d");
  expect(commits).toEqual(["a,b,c", "a,b,c,d"]);
});

test("a write is acknowledged only when others can see it", async () => {
  const { writer, seen } = writerOnNames();
  const acknowledged = ["a", "b", "c"].map((name) =>
    insert(writer, name).then(() => expect(seen()).toContain(name)),
  );
  await Promise.all(acknowledged);
});

test("a write that fails undoes itself and not its neighbours", async () => {
  const { writer, seen } = writerOnNames();
  const broken = writer.write(
    inOneStep((connection) => {
      connection.run("INSERT INTO names (name) VALUES ('half')");
      throw new RangeError("changed its mind");
    }),
  );
  const results = await Promise.allSettled([
    insert(writer, "a"),
    broken,
    insert(writer, "a"),
    insert(writer, "b"),
  ]);
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected", "fulfilled"]);
  await expect(broken).rejects.toThrow(RangeError);
  expect(seen()).toEqual(["a", "b"]);
});

test("a commit that fails rejects every write of it and leaves nothing", async () => {
  const { writer, seen } = writerOnNames();
  // The missing parent is noticed at the commit only.
  const orphan = writer.write(
    inOneStep((connection) => {
      connection.exec("PRAGMA defer_foreign_keys = ON");
      connection.run("INSERT INTO names (name, parent) VALUES ('orphan', 'nobody')");
    }),
  );
  const results = await Promise.allSettled([insert(writer, "a"), orphan, insert(writer, "b")]);
  expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  expect(seen()).toEqual([]);
  await insert(writer, "after");
  expect(seen()).toEqual(["after"]);
});

test("a full disk fails the write and harms nothing", async () => {
  const { writer, seen, connection } = writerOnNames();
  await insert(writer, "before");
  const pages = connection.get<{ page_count: number }>("PRAGMA page_count")?.page_count ?? 0;
  connection.exec(`PRAGMA max_page_count = ${pages + 1}`);
  const error = await insert(writer, "x".repeat(100_000)).catch((reason: unknown) => reason);
  expect(resultCode(error)).toBe(13);
  connection.exec("PRAGMA max_page_count = 1000000");
  await insert(writer, "after");
  expect(seen()).toEqual(["after", "before"]);
  expect(connection.all("PRAGMA integrity_check")).toMatchObject([{ integrity_check: "ok" }]);
});

test.each(["a file", ":memory:"])(
  "a large write in %s leaves the event loop free and is never seen in part",
  async (place) => {
    const store = await openScratch(place === ":memory:" ? place : scratchPath());
    const writes = Array.from({ length: 3000 }, (_, index) => putRecord(makeRecord(`r${index}`)));
    let done = false;
    const written = store.write("t", { writes, now: at(0) }).finally(() => {
      done = true;
    });
    let turns = 0;
    const turning = (async () => {
      for (; !done; turns++) await nextTurn();
    })();
    const counts = new Set<number>();
    while (!done) {
      counts.add(await store.count("t", { filter: EVERYTHING, now: at(0) }));
      await nextTurn();
    }
    await Promise.all([written, turning]);
    expect([...counts].filter((count) => count !== 0 && count !== 3000)).toEqual([]);
    expect(turns).toBeGreaterThan(3);
    expect(await store.count("t", { filter: EVERYTHING, now: at(0) })).toBe(3000);
  },
);
