import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** A folder into which the packed package has been installed as a user would. */
    consumer: string;
    /** The packed package. */
    tarball: string;
  }
}

/** Builds and packs the package and installs it, with its dependencies alone, into an empty folder. */
export default function install(project: TestProject): () => void {
  const consumer = mkdtempSync(join(tmpdir(), "memoir-consumer-"));
  // Packing builds first, as publishing does.
  run("npm", ["pack", "--silent", "--pack-destination", consumer], resolve("."));
  const tarball = readdirSync(consumer).find((file) => file.endsWith(".tgz"));
  if (!tarball) throw new Error("npm pack wrote no package");
  writeFileSync(join(consumer, "package.json"), JSON.stringify({ private: true, type: "module" }));
  run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", join(consumer, tarball)], consumer);
  project.provide("consumer", consumer);
  project.provide("tarball", join(consumer, tarball));
  return () => rmSync(consumer, { recursive: true, force: true });
}

export interface Finished {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command and gives what it printed. @throws when it fails. */
export function run(command: string, parameters: readonly string[], folder: string): Finished {
  const path = [resolve("node_modules/node/bin"), process.env["PATH"]].join(delimiter);
  // Settings of this run would reach the user's program; the certificates of a network are the machine's.
  const foreign = /^(MEMORY_|VITEST|NODE_(?!EXTRA_CA_CERTS$)|npm_)/;
  const own = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  const env = { ...Object.fromEntries(own), PATH: path, NO_COLOR: "1" };
  const { status, stdout, stderr, error } = spawnSync(command, parameters, {
    cwd: folder,
    env,
    encoding: "utf8",
    maxBuffer: 64 << 20,
  });
  if (status !== 0)
    throw new Error(`${command} ${parameters.join(" ")} ended with ${status}\n${stdout}\n${stderr}`, {
      cause: error,
    });
  return { stdout, stderr };
}

/** A new folder beside the installed package, so that it resolves from there. */
export function folderIn(consumer: string, name: string): string {
  const folder = join(consumer, name);
  if (existsSync(folder)) rmSync(folder, { recursive: true });
  mkdirSync(folder);
  return folder;
}
