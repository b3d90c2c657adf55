import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "./cli/memoir.ts";
import { runFolder } from "./temporary.ts";

test("everything temporary lies in the folder of the run", () => {
  expect(basename(tmpdir())).toMatch(/^memoir-tests-\d+-/);
});

test("a run removes the folders of runs that were killed, and no others", () => {
  const parent = temporaryFolder();
  const { pid } = spawnSync("true");
  const folders = [`memoir-tests-${pid}-a`, `memoir-tests-${process.pid}-b`, "memoir-other"];
  for (const name of folders) {
    mkdirSync(join(parent, name));
    writeFileSync(join(parent, name, "file"), "");
  }
  const folder = runFolder(parent);
  expect(folders.map((name) => existsSync(join(parent, name)))).toEqual([false, true, true]);
  expect(existsSync(folder)).toBe(true);
});
