import { readFileSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { StoreError } from "../../../src/core/errors.ts";
import { DEFAULT_TENANT } from "../../../src/core/scope.ts";
import { openMemory } from "../../../src/index.ts";
import { migrateFile } from "../../../src/stores/sqlite/connect.ts";
import { type Connection, openConnection } from "../../../src/stores/sqlite/driver.ts";
import { openSqliteStore, printMigrations } from "../../../src/stores/sqlite/index.ts";
import { checkedVersion, MIGRATIONS, migrate } from "../../../src/stores/sqlite/migrations.ts";
import { at, makeRecord, putRecord } from "../../../src/testing/build.ts";
import { openScratch, scratchPath } from "./scratch.ts";

function schemaOf(path: string): unknown {
  const database = new DatabaseSync(path, { readOnly: true });
  const objects = database.prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name").all();
  const numbers = ["user_version", "application_id"].map((name) => database.prepare(`PRAGMA ${name}`).get());
  database.close();
  return { objects, numbers };
}

async function failureOf(opening: Promise<unknown>): Promise<StoreError> {
  const error = await opening.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(StoreError);
  return error as StoreError;
}

test("a file that stopped at an older schema is brought up to date, keeping what it has", async () => {
  const fresh = scratchPath();
  await (await openScratch(fresh)).close();
  const path = scratchPath();
  const old = openConnection(path, { readOnly: false });
  old.exec("BEGIN IMMEDIATE");
  migrate(old, MIGRATIONS.slice(0, 1));
  old.exec("INSERT INTO tenants (name) VALUES ('kept')");
  old.exec("COMMIT");
  old.close();
  const store = await openScratch(path);
  await store.write("kept", { writes: [putRecord(makeRecord("a"))], now: at(0) });
  expect(await store.tenants()).toEqual(["kept"]);
  await store.close();
  expect(schemaOf(path)).toEqual(schemaOf(fresh));
});

test("records of a file without packed entries are found as soon as it is open, and keep their vectors", async () => {
  const path = scratchPath();
  const old = openConnection(path, { readOnly: false });
  old.exec("BEGIN IMMEDIATE");
  migrate(old, MIGRATIONS.slice(0, 3));
  const time = "2026-05-04T09:30:00.000000Z";
  old.run("INSERT INTO tenants (name) VALUES (?)", DEFAULT_TENANT);
  const texts = ["I always take an aisle seat", "My sister plays the cello"];
  for (const [index, text] of texts.entries()) {
    const record = { ...makeRecord(`r${index}`, { text }), version: 1 };
    const vector = new Uint8Array(Float32Array.from({ length: 256 }, (_, at) => Math.sin(at + index)).buffer);
    old.run(
      "INSERT INTO changes (tenant, kind, change, id, version, at) VALUES (1, 'record', 'create', ?, 1, ?)",
      record.id,
      time,
    );
    const { lastRow } = old.run(
      `INSERT INTO versions (tenant, id, version, change, present, at, created_at, body)
       VALUES (1, ?, 1, 'create', 1, ?, ?, ?)`,
      ...[record.id, time, time, JSON.stringify(record)],
    );
    old.run(
      `INSERT INTO records (row, tenant, id, version, version_number, type, pinned, extracted, importance,
         access_count, created_at, updated_at, last_accessed_at) VALUES (?, 1, ?, 1, ?, 'semantic', 0, 0, 0.5, 0, ?, ?, ?)`,
      ...[index + 1, record.id, lastRow, time, time, time],
    );
    old.run(
      "INSERT INTO entries (row, embedder, analyzer, terms, vector) VALUES (?, 'static-256', 'words-2', 'old', ?)",
      ...[index + 1, vector],
    );
  }
  old.exec("COMMIT");
  old.close();

  const migrated = await openScratch(path);
  const before = await migrated.indexed(DEFAULT_TENANT, { afterRow: 0, limit: 9 });
  expect(
    before.map(({ id, entry }) => [id, entry.embedder, entry.features.length, entry.vector?.[0]]),
  ).toEqual([
    ["r0", "static-256", 0, 0],
    ["r1", "static-256", 0, Math.fround(Math.sin(1))],
  ]);
  expect(await migrated.check()).toEqual([]);
  await migrated.close();

  const memory = await openMemory(`sqlite:${path}`);
  const { hits } = await memory.search("aisle seats", { mode: "keyword" });
  expect(hits.map(({ id }) => id)).toEqual(["r0"]);
  await memory.close();
});

test("an old file is brought up to date while the event loop goes on", async () => {
  const path = scratchPath();
  const old = openConnection(path, { readOnly: false });
  old.exec("BEGIN IMMEDIATE");
  migrate(old, MIGRATIONS.slice(0, 1));
  old.exec("COMMIT");
  old.close();
  let opened = false;
  const opening = openScratch(path).finally(() => {
    opened = true;
  });
  let turns = 0;
  for (; !opened; turns++) await nextTurn();
  await opening;
  // Without leaving it to somebody else, opening gives way hardly once.
  expect(turns).toBeGreaterThan(10);
});

test("a migration that was broken off left nothing and is done again", async () => {
  const path = scratchPath();
  const broken = openConnection(path, { readOnly: false });
  broken.exec("PRAGMA journal_mode = WAL; BEGIN IMMEDIATE");
  const [first, second] = MIGRATIONS;
  if (!first || !second) throw new TypeError("There are at least two migrations");
  const interrupted = { ...second, script: `${second.script}; SELECT broken off` };
  expect(() => migrate(broken, [first, interrupted])).toThrow();
  broken.close();
  const store = await openScratch(path);
  expect(await store.check()).toEqual([]);
});

test("many handles can open one new file at the same moment", async () => {
  const path = scratchPath();
  const stores = await Promise.all(Array.from({ length: 8 }, () => openScratch(path)));
  const written = stores.map((store, index) =>
    store.write("t", { writes: [putRecord(makeRecord(`r${index}`))], now: at(0) }),
  );
  await Promise.all(written);
  for (const store of stores) expect(await store.lastSequence("t")).toBe(8);
});

test("a file of a newer release is refused and left as it is", async () => {
  const path = scratchPath();
  await (await openScratch(path)).close();
  const newer = new DatabaseSync(path);
  newer.exec(`PRAGMA user_version = ${MIGRATIONS.length + 1}`);
  newer.close();
  const before = readFileSync(path);
  const error = await failureOf(openSqliteStore({ path }));
  expect(error.message).toContain("newer release");
  expect(error.details).toMatchObject({
    schemaVersion: MIGRATIONS.length + 1,
    newestKnown: MIGRATIONS.length,
  });
  expect(readFileSync(path).equals(before)).toBe(true);
});

test.each([
  ["another application's file", "PRAGMA application_id = 7; CREATE TABLE theirs (a)"],
  ["an unmarked file with tables", "CREATE TABLE theirs (a)"],
])("%s is refused and left as it is", async (_, script) => {
  const path = scratchPath();
  const theirs = new DatabaseSync(path);
  theirs.exec(script);
  theirs.close();
  const before = readFileSync(path);
  const error = await failureOf(openSqliteStore({ path }));
  expect(error.message).toContain("another application");
  expect(readFileSync(path).equals(before)).toBe(true);
});

test.each([0, 1, 2])(
  "a file whose tables another process makes after statement %i is not taken for a stranger's",
  (asked) => {
    const path = scratchPath();
    const connection = openConnection(path, { readOnly: false });
    onTestFinished(() => connection.close());
    connection.exec("PRAGMA journal_mode = WAL");
    let statements = 0;
    const disturbed: Connection = {
      ...connection,
      get<Row>(text: string) {
        if (statements++ === asked) migrateFromElsewhere(path);
        return connection.get<Row>(text);
      },
    };
    expect([0, MIGRATIONS.length]).toContain(checkedVersion(disturbed));
    migrateFromElsewhere(path);
    expect(checkedVersion(disturbed)).toBe(MIGRATIONS.length);
  },
);

function migrateFromElsewhere(path: string): void {
  const other = openConnection(path, { readOnly: false });
  migrateFile(other);
  other.close();
}

test("a file that is no database is refused and left as it is", async () => {
  const path = scratchPath();
  const text = "Dear diary, ".repeat(1000);
  writeFileSync(path, text);
  const error = await failureOf(openSqliteStore({ path }));
  expect(error.code).toBe("store_failed");
  expect(error.message).toContain("not an SQLite database");
  expect(error.cause).toBeInstanceOf(Error);
  expect(readFileSync(path, "utf8")).toBe(text);
});

test("the printed schema is the schema", async () => {
  const byHand = scratchPath();
  const database = new DatabaseSync(byHand);
  database.exec(printMigrations());
  database.close();
  const opened = scratchPath();
  await (await openScratch(opened)).close();
  expect(schemaOf(byHand)).toEqual(schemaOf(opened));
  const store = await openScratch(byHand);
  expect(await store.check()).toEqual([]);
});
