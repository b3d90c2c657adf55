import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Store } from "../../../src/core/store.ts";
import { openSqliteStore, type SqliteStoreOptions } from "../../../src/stores/sqlite/index.ts";

/** A path for a store's file in a folder of its own, which is removed after the test. */
export function scratchPath(): string {
  const folder = mkdtempSync(join(tmpdir(), "memoir-sqlite-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "memory.db");
}

/** Opens a store that is closed after the test. Not synced to the disk unless the test asks: no test loses power. */
export async function openScratch(path: string, options: Partial<SqliteStoreOptions> = {}): Promise<Store> {
  const store = await openSqliteStore({ path, durability: "normal", ...options });
  onTestFinished(() => store.close());
  return store;
}
