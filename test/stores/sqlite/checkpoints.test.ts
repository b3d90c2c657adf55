import { copyFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import { createCheckpoints } from "../../../src/stores/sqlite/checkpoints.ts";
import { openConnection } from "../../../src/stores/sqlite/driver.ts";
import { scratchPath } from "./scratch.ts";

/** A file whose log nobody else moves, and what is in the file alone. */
function loggedFile() {
  const path = scratchPath();
  const writer = openConnection(path, { readOnly: false });
  writer.exec("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE names (name TEXT)");
  const checkpoints = createCheckpoints(path);
  onTestFinished(async () => {
    await checkpoints.close();
    writer.close();
  });
  const inFile = () => {
    const copy = `${path}.copy`;
    copyFileSync(path, copy);
    const alone = new DatabaseSync(copy);
    const names = alone.prepare("SELECT name FROM names ORDER BY name").all();
    alone.close();
    return names.map((row) => row["name"]);
  };
  const add = (name: string) => writer.run("INSERT INTO names VALUES (?)", name);
  return { path, checkpoints, add, inFile };
}

test("everything that was committed is in the file after a checkpoint, each time", async () => {
  const { checkpoints, add, inFile } = loggedFile();
  add("a");
  await checkpoints.run();
  expect(inFile()).toEqual(["a"]);
  add("b");
  await checkpoints.run();
  expect(inFile()).toEqual(["a", "b"]);
});

test("a checkpoint after the thread was ended starts another", async () => {
  const { checkpoints, add, inFile } = loggedFile();
  add("a");
  await checkpoints.run();
  await checkpoints.close();
  await checkpoints.close();
  add("b");
  await checkpoints.run();
  expect(inFile()).toEqual(["a", "b"]);
});

test("a checkpoint that cannot be done says why, and a later one is not harmed", async () => {
  const path = scratchPath();
  const checkpoints = createCheckpoints(`${path}/no/such/folder.db`);
  await expect(checkpoints.run()).rejects.toThrow("unable to open database file");
  await expect(checkpoints.run()).rejects.toThrow("unable to open database file");
  await checkpoints.close();
});
