import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import type { JobStore } from "../../src/core/job-store.ts";
import type { Store } from "../../src/core/store.ts";

/** Temporary folders for stores on disk; `fresh` gives a new one each time, and all go when the file has run. */
export function temporaryFolders(): { fresh(): Promise<string> } {
  const folders: string[] = [];
  afterAll(async () => {
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
  });
  return {
    async fresh() {
      const folder = await mkdtemp(join(tmpdir(), "memoir-"));
      folders.push(folder);
      return folder;
    },
  };
}

/** The jobs of a store, closing it with them. */
export function jobsOf(store: Store): JobStore {
  if (!store.jobs) throw new TypeError(`The ${store.name} store keeps no jobs`);
  return { ...store.jobs, close: () => store.close() };
}
