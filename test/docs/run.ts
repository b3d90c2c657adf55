import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freshPrefix } from "../servers/with-server.ts";
import { type Block, markValue } from "./pages.ts";

/** Programs are written here, inside the repository, so that they find its packages and types. */
export const PROGRAMS = resolve(".snippets/pages");

const REPOSITORY = resolve(".");
const NODE_OPTIONS = `--import=${join(REPOSITORY, "scripts/self-reference.ts")}`;
/** The ports that pages write; each run gets free ones instead. */
const SHOWN_PORTS = [8000, 8001];
/** The Redis that pages write; each run gets one of the tests' instead, under a prefix of its own. */
export const SHOWN_REDIS = "redis://localhost:6379";
const BLOCK_END = "\u241e";

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Program {
  readonly file: string;
  readonly blocks: readonly Block[];
}

/** The programs of a page: its `ts` blocks are one program, except those marked `alone`. */
export function programsOf(page: string, blocks: readonly Block[]): Program[] {
  const code = blocks.filter((block) => block.language === "ts" && !markValue(block, "file"));
  const groups = [
    code.filter((block) => !block.marks.includes("alone")),
    ...code.filter((block) => block.marks.includes("alone")).map((block) => [block]),
  ];
  const name = page.replace(/\.md$/, "").replaceAll("/", "-");
  return groups
    .filter((group) => group.length > 0)
    .map((group, index) => ({ file: join(PROGRAMS, `${name}-${index + 1}.ts`), blocks: group }));
}

export function textOf({ blocks }: Program): string {
  const ends = `console.log(${JSON.stringify(BLOCK_END)});`;
  // A module even without imports, so that it may await and shares no names with others.
  const text = blocks.map((block) => `${block.text}${ends}`).join("\n");
  return `${text}\nexport {};\n`;
}

/** A temporary folder in which a page is followed, with a port of its own. */
export class Walkthrough {
  readonly #folder = mkdtempSync(join(tmpdir(), "memoir-docs-"));
  readonly #commands = join(this.#folder, ".commands");
  readonly #servers: ChildProcess[] = [];
  readonly #ports: readonly number[];
  readonly #redis: string;
  readonly #prefix = freshPrefix();

  private constructor(ports: readonly number[], redis: string) {
    this.#ports = ports;
    this.#redis = redis;
    mkdirSync(this.#commands);
    // What a reader has after installing the package.
    const memoir = `exec node "${join(REPOSITORY, "src/cli/main.ts")}" "$@"`;
    this.#command("memoir", memoir);
    this.#command(
      "npx",
      `[ "$1" = memoir ] && shift || { echo "npx $1 is not known here" >&2; exit 1; }\n${memoir}`,
    );
  }

  /** `redis` is the URL of a Redis, for pages that need one. */
  static async start(redis = SHOWN_REDIS): Promise<Walkthrough> {
    return new Walkthrough(await Promise.all(SHOWN_PORTS.map(freePort)), redis);
  }

  writeFile(name: string, text: string): void {
    writeFileSync(join(this.#folder, name), this.#private(text));
  }

  async shell(script: string): Promise<Outcome> {
    return this.#finish(this.#spawn("bash", ["-euo", "pipefail", "-c", this.#private(script)]));
  }

  /** Runs a program and gives what each of its blocks printed. */
  async program(program: Program): Promise<Outcome & { readonly printed: readonly string[] }> {
    const { file, blocks } = program;
    writeFileSync(file, this.#private(textOf(program)));
    const outcome = await this.#finish(this.#spawn("node", [file]));
    const printed = outcome.stdout.split(`${BLOCK_END}\n`).slice(0, blocks.length);
    return { ...outcome, printed };
  }

  /** Starts a command that goes on, and waits until its server answers. */
  async serve(script: string): Promise<void> {
    const shown = SHOWN_PORTS.findLastIndex(
      (port) => port === SHOWN_PORTS[0] || script.includes(String(port)),
    );
    const server = this.#spawn("bash", ["-c", this.#private(script)], true);
    this.#servers.push(server);
    const outcome = this.#finish(server);
    const deadline = Date.now() + 120_000;
    for (;;) {
      if (server.exitCode !== null) throw new Error(`The server ended: ${(await outcome).stderr}`);
      if (Date.now() > deadline) throw new Error("The server did not answer within two minutes.");
      const answers = await fetch(`http://127.0.0.1:${this.#ports[shown]}/v1/health`).then(
        (response) => response.ok,
        () => false,
      );
      if (answers) return;
      await delay(50);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) {
      const ended = new Promise((resolve) => server.once("close", resolve));
      // The whole group: the shell and what it started.
      if (server.exitCode === null && server.pid && process.kill(-server.pid)) await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #command(name: string, script: string): void {
    writeFileSync(join(this.#commands, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }

  #spawn(command: string, parameters: readonly string[], detached = false): ChildProcess {
    const own = Object.entries(process.env).filter(([name]) => !/^(MEMORY_|VITEST|npm_|NODE_)/.test(name));
    const path = [this.#commands, join(REPOSITORY, "node_modules/.bin"), process.env["PATH"]].join(delimiter);
    const env = {
      ...Object.fromEntries(own),
      PATH: path,
      PORT: String(this.#ports[0]),
      NODE_OPTIONS,
      NO_COLOR: "1",
    };
    return spawn(command, parameters, {
      cwd: this.#folder,
      env,
      stdio: ["ignore", "pipe", "pipe"],
      detached,
    });
  }

  async #finish(child: ChildProcess): Promise<Outcome> {
    const [stdout, stderr, code] = await Promise.all([
      readAll(child.stdout),
      readAll(child.stderr),
      new Promise<number | null>((resolve, reject) => child.once("close", resolve).once("error", reject)),
    ]);
    return { code, stdout: this.#shown(stdout), stderr: this.#shown(stderr) };
  }

  #private(shown: string): string {
    const text = shown.replaceAll(
      new RegExp(`${SHOWN_REDIS}(\\?prefix=)?`, "g"),
      (_, own?: string) => `${this.#redis}?prefix=${this.#prefix}${own === undefined ? "" : "-"}`,
    );
    return SHOWN_PORTS.reduce(
      (changed, port, index) =>
        changed.replaceAll(new RegExp(`\\b${port}\\b`, "g"), String(this.#ports[index])),
      text,
    );
  }

  #shown(text: string): string {
    return this.#ports
      .reduce((changed, port, index) => changed.replaceAll(`:${port}`, `:${SHOWN_PORTS[index]}`), text)
      .replaceAll(this.#folder, "…");
  }
}

async function readAll(stream: NodeJS.ReadableStream | null): Promise<string> {
  let text = "";
  for await (const chunk of stream ?? []) text += chunk;
  return text;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        typeof address === "object" && address ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
}
