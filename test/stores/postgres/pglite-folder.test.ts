import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test, vi } from "vitest";
import { lockFolder } from "../../../src/stores/postgres/folder-lock.ts";
import { openPgliteStore } from "../../../src/stores/postgres/pglite.ts";
import { makeRecord, putRecord, START } from "../../../src/testing/build.ts";

// A folder is made in several seconds of computing, and in far more on a machine that has much else to do.
vi.setConfig({ testTimeout: 300_000 });

const HOLDER = `
  import { openPgliteStore } from "./src/stores/postgres/pglite.ts";
  await openPgliteStore({ folder: process.env.FOLDER });
  console.log("open");
  setInterval(() => {}, 1000);
`;

/** The path of a folder that is not there yet. */
function freshFolder(): string {
  const parent = mkdtempSync(join(tmpdir(), "memoir-pglite-"));
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }));
  return join(parent, "data");
}

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
  const folder = freshFolder();
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

test("a lock that somebody else only tries to get is waited for", async () => {
  const folder = freshFolder();
  // Whoever tries has part of the lock for a moment, before it finds out that it cannot have the rest.
  const rival = new DatabaseSync(`${folder}.lock`);
  rival.exec("BEGIN IMMEDIATE");
  setTimeout(() => rival.close(), 1);
  const release = await lockFolder(folder);
  release();
});
