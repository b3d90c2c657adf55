import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const PATIENCE = 60_000;

interface Start {
  readonly program: string;
  readonly parameters: readonly string[];
  /** The server's folder, in which it runs and writes its log. */
  readonly folder: string;
  /** Whether it can be used now; throws as long as it cannot. */
  readonly ready: () => Promise<unknown>;
  /** What makes it stop in good order. */
  readonly stopSignal: NodeJS.Signals;
  /** True: runs as root when we are root. */
  readonly asOurselves?: boolean;
}

/** A server that runs as a process of ours. */
export class ServerProcess {
  readonly #start: Start;
  #child: ChildProcess | undefined;
  #guard: ChildProcess | undefined;

  constructor(start: Start) {
    this.#start = start;
  }

  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error(`${this.#start.program} does not run`);
    return pid;
  }

  async start(): Promise<void> {
    const { program, parameters, folder, ready, asOurselves } = this.#start;
    const log = join(folder, "log");
    const output = openSync(log, "a");
    const child = spawn(program, parameters, {
      cwd: folder,
      stdio: ["ignore", output, output],
      ...(!asOurselves && unprivileged()),
    });
    await once(child, "spawn");
    this.#child = child;
    this.#guard = killWithUs(this.pid);
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      const failure = await ready().then(() => null, String);
      if (failure === null) return;
      if (child.exitCode === null && child.signalCode === null && Date.now() < deadline) await sleep(20);
      else throw new Error(`${program} did not start: ${failure}\n${readFileSync(log, "utf8").slice(-2000)}`);
    }
  }

  /** Ends it in good order. */
  stop(): Promise<void> {
    return this.#end(this.#start.stopSignal);
  }

  /** Ends it as a power cut would end it: at once, with all of its processes. */
  async kill(): Promise<void> {
    if (!this.#child) return;
    // Stopped first, so that it can neither start others nor see them die.
    process.kill(this.pid, "SIGSTOP");
    for (const child of childrenOf(this.pid)) process.kill(child, "SIGKILL");
    await this.#end("SIGKILL");
  }

  /** Lets it answer nothing until `thaw`; connections to it stay open. */
  freeze(): void {
    for (const pid of [this.pid, ...childrenOf(this.pid)]) process.kill(pid, "SIGSTOP");
  }

  thaw(): void {
    for (const pid of [...childrenOf(this.pid), this.pid]) process.kill(pid, "SIGCONT");
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    this.#guard?.kill("SIGKILL");
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, "exit");
    child.kill(signal);
    const impatient = setTimeout(() => child.kill("SIGKILL"), PATIENCE / 4);
    await closed;
    clearTimeout(impatient);
  }
}

/** A folder that a server may write to. */
export function serverFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "memoir-server-"));
  const { uid, gid } = unprivileged();
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
  chmodSync(path, 0o700);
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) };
}

/** A free port on this machine, below those at which Redis Cluster's second port would not fit. */
export async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    server.close();
    if (address !== null && typeof address === "object" && address.port < 55_000) return address.port;
  }
}

/** Starts something on a free port, and on another one when somebody else was faster to take it. */
export async function onFreePort<Started>(start: (port: number) => Promise<Started>): Promise<Started> {
  for (let tries = 1; ; tries++)
    try {
      return await start(await freePort());
    } catch (error) {
      if (tries === 5 || !/address already in use/i.test(String(error))) throw error;
    }
}

/** PostgreSQL refuses to run as root; so under root all servers run as nobody. */
export function unprivileged(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (what: string) => Number(execFileSync("id", [what, "nobody"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

/** A process that kills another one as soon as we are gone, however we went. */
function killWithUs(pid: number): ChildProcess {
  const guard = spawn("sh", ["-c", `read -r end; kill -9 ${pid}`], { stdio: ["pipe", "ignore", "ignore"] });
  guard.unref();
  return guard;
}

function childrenOf(pid: number): number[] {
  const list = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  return list.split(" ").filter(Boolean).map(Number);
}
