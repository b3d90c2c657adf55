import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

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
