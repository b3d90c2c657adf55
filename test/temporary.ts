import { chmodSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Gives a run of tests one folder for everything temporary, in all of its processes. It goes with the run. */
export default function setup(): () => void {
  const usual = process.env["TMPDIR"];
  const folder = runFolder(tmpdir());
  process.env["TMPDIR"] = folder;
  return () => {
    if (usual === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = usual;
    remove(folder);
  };
}

const NAME = /^memoir-tests-(\d+)-/;

/** Makes a folder for this process, and removes those of processes that were killed and could not do so themselves. */
export function runFolder(parent: string): string {
  for (const name of readdirSync(parent)) {
    const pid = NAME.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) remove(join(parent, name));
  }
  const folder = mkdtempSync(join(parent, `memoir-tests-${process.pid}-`));
  // Servers run as another user, who has folders of his own in it.
  chmodSync(folder, 0o711);
  return folder;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // It is somebody else's.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** What cannot be removed, because something is still writing there or it is somebody else's, is left to the next run. */
function remove(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  } catch (error) {
    process.stdout.write(`${folder} could not be removed: ${(error as Error).message}\n`);
  }
}
