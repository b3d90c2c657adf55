import { execFileSync, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { test } from "vitest";

const MEGABYTES = 6;

/**
 * In a namespace of its own, which takes its mounts with it and hides nothing from others; a user who is not root is root
 * inside.
 */
const NAMESPACE = ["--mount", ...(process.getuid?.() === 0 ? [] : ["--map-root-user"])];
const MOUNT = `mount -t tmpfs -o size=${MEGABYTES}m tmpfs "$1"`;

/**
 * Defines tests that run a script on a disk of six megabytes, which is given to it as its argument; `run` gives
 * what it printed, read as JSON. Where no disk can be mounted they are not run; in CI that is a failure.
 */
export function withSmallDisk(define: (run: (script: URL) => unknown) => void): void {
  const inside = (then: string, ...more: string[]) => [
    ...NAMESPACE,
    ...["sh", "-c", `${MOUNT} && ${then}`, "sh", "/mnt", ...more],
  ];
  const trial = spawnSync("unshare", inside("true"), { encoding: "utf8" });
  if (trial.status !== 0) {
    const reason = trial.error?.message ?? trial.stderr.trim();
    if (process.env["CI"]) throw new Error(`No disk can be mounted: ${reason}`);
    test.skip(`not run, because no disk can be mounted: ${reason}`);
    return;
  }
  define((script) => {
    const parameters = inside('exec "$2" "$3" "$1"', process.execPath, fileURLToPath(script));
    return JSON.parse(execFileSync("unshare", parameters, { encoding: "utf8" }));
  });
}
