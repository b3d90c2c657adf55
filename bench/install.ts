import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** A folder of the benchmark with packages of its own, which nothing but the benchmark needs. */
export type PackageFolder = "load" | "peers";

/** Installs a folder's packages where they are not yet; gives why not where that fails. */
export function install(folder: PackageFolder): string | undefined {
  const directory = fileURLToPath(new URL(`${folder}/`, import.meta.url));
  if (existsSync(`${directory}/node_modules/.package-lock.json`)) return undefined;
  const { status, stderr, error } = spawnSync("npm", ["ci", "--no-audit", "--no-fund"], {
    cwd: directory,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  if (status === 0) return undefined;
  const complaint = stderr?.split("\n").find((line) => line.startsWith("npm error"));
  return `its packages could not be installed: ${error?.message ?? complaint ?? "npm gave no reason"}`;
}
