import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { onTestFinished } from "vitest";

const MAIN = resolve("src/cli/main.ts");

export interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface RunOptions {
  readonly cwd?: string;
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Arguments of Node itself. */
  readonly node?: readonly string[];
}

/** A folder that goes away with the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "memoir-cli-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes values as JSON Lines; text is written as it is. */
export function writeLines(folder: string, name: string, lines: readonly unknown[]): string {
  const file = join(folder, name);
  writeFileSync(
    file,
    lines.map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`).join(""),
  );
  return file;
}

/** Starts the real command line. Nothing of this process's own settings reaches it. */
export function start(args: readonly string[], options: RunOptions = {}): ChildProcess {
  const { PATH = "", HOME = "" } = process.env;
  return spawn(process.execPath, [...(options.node ?? []), MAIN, ...args], {
    cwd: options.cwd,
    env: { PATH, HOME, ...options.env },
    stdio: "pipe",
  });
}

/** Runs the real command line to its end. */
export async function memoir(args: readonly string[], options: RunOptions = {}): Promise<Result> {
  const child = start(args, options);
  child.stdin?.end(options.input ?? "");
  return ended(child);
}

/** What a process wrote, and how it ended. */
export async function ended(child: ChildProcess): Promise<Result> {
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  const code = await new Promise<number | null>((done, fail) => {
    child.once("error", fail);
    child.once("close", done);
  });
  return { code, stdout: stdout(), stderr: stderr() };
}

function collect(stream: ChildProcess["stdout"]): () => string {
  let text = "";
  stream?.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  return () => text;
}

/** The values of JSON Lines. */
export function jsonLines(text: string): unknown[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as unknown);
}

/** A command line on one data folder. */
export function onFolder(folder: string) {
  const run = (...args: string[]) => memoir(["--data", folder, ...args]);
  return {
    run,
    /** Runs with `--json` and gives the only value; fails when the command does. */
    async json<Value = Record<string, never>>(...args: string[]): Promise<Value> {
      const [value] = await this.lines<Value>(...args);
      return value as Value;
    },
    async lines<Value>(...args: string[]): Promise<Value[]> {
      const { code, stdout, stderr } = await run("--json", ...args);
      if (code !== 0) throw new Error(`memoir ${args.join(" ")} ended with ${code}: ${stderr}`);
      return jsonLines(stdout) as Value[];
    },
  };
}
