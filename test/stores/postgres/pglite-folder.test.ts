import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openPgliteStore } from "../../../src/stores/postgres/pglite.ts";
import { makeRecord, putRecord, START } from "../../../src/testing/build.ts";

const HOLDER = `
  import { openPgliteStore } from "./src/stores/postgres/pglite.ts";
  await openPgliteStore({ folder: process.env.FOLDER });
  console.log("open");
  setInterval(() => {}, 1000);
`;

async function holding(folder: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", HOLDER], {
    env: { ...process.env, FOLDER: folder },
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  await once(child.stdout ?? child, "data");
  return child;
}

test("a folder that another process has is refused, and free when that process was killed", async () => {
  const parent = mkdtempSync(join(tmpdir(), "memoir-pglite-"));
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }));
  const folder = join(parent, "data");
  const child = await holding(folder);
  await expect(openPgliteStore({ folder })).rejects.toMatchObject({
    code: "store_busy",
    message: `The folder ${folder} is open in another process, and PGlite is for one at a time.`,
  });
  child.kill("SIGKILL");
  await once(child, "exit");
  const store = await openPgliteStore({ folder });
  await store.write("acme", { writes: [putRecord(makeRecord("a"))], now: START });
  await store.close();
  const again = await openPgliteStore({ folder });
  expect(await again.read("acme", ["a"], { now: START })).toMatchObject([{ id: "a" }]);
  await again.close();
});
