import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { type Memory, openMemory } from "../../src/index.ts";
import { openSqliteStore } from "../../src/stores/sqlite/index.ts";

const SCRIPT = fileURLToPath(new URL("./write.ts", import.meta.url));

/** Ids of acknowledged writes, in the order they were acknowledged. */
export interface Acknowledged {
  readonly records: string[];
  readonly messages: string[];
}

interface Writer {
  readonly path: string;
  readonly name: string;
  /** Records, and as many messages, of each lane. */
  readonly count: number;
  /** Writes going on side by side in the process. Default 1. */
  readonly lanes?: number;
  /** Kills the process without warning as soon as so many writes were acknowledged. */
  readonly killAfter?: number;
}

/** Writes in another process, and gives what that process was told to be kept. */
export async function writeElsewhere(
  writer: Writer,
): Promise<Acknowledged & { readonly code: number | null }> {
  const { path, name, count, lanes = 1, killAfter = Number.POSITIVE_INFINITY } = writer;
  const parameters = [SCRIPT, `sqlite:${path}`, name, String(count), String(lanes)];
  const child: ChildProcess = spawn(process.execPath, parameters, { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const closed = once(child, "close");
  const acknowledged: Acknowledged = { records: [], messages: [] };
  let lines = 0;
  if (child.stdout)
    for await (const line of createInterface(child.stdout)) {
      const [kind, id = ""] = line.split(" ");
      (kind === "record" ? acknowledged.records : acknowledged.messages).push(id);
      if (++lines === killAfter) child.kill("SIGKILL");
    }
  const [code] = (await closed) as [number | null];
  return { ...acknowledged, code };
}

/** Everything a memory holds after it was opened anew. */
export async function readAll(path: string): Promise<Acknowledged> {
  const memory: Memory = await openMemory(`sqlite:${path}`);
  try {
    const records: string[] = [];
    for await (const { id } of memory.list({ order: "oldest", limit: 1000 })) records.push(id);
    const messages = (await memory.session("shared").messages()).map(({ id }) => id);
    return { records, messages };
  } finally {
    await memory.close();
  }
}

export async function checkStore(path: string): Promise<string[]> {
  const store = await openSqliteStore({ path });
  try {
    return await store.check();
  } finally {
    await store.close();
  }
}

export interface Tally {
  readonly acknowledged: number;
  readonly found: number;
  readonly lost: number;
  readonly doubled: number;
}

/** Compares what was acknowledged with what is there. What was stored but not yet acknowledged is found, not lost. */
export function tally(acknowledged: Acknowledged, found: Acknowledged): Tally {
  const [said, there] = [keysOf(acknowledged), keysOf(found)];
  const kept = new Set(there);
  return {
    acknowledged: said.length,
    found: there.length,
    lost: said.filter((key) => !kept.has(key)).length,
    doubled: there.length - kept.size,
  };
}

function keysOf({ records, messages }: Acknowledged): string[] {
  return [...records.map((id) => `record ${id}`), ...messages.map((id) => `message ${id}`)];
}

/** Shows the figures beside the verdict. */
export function show(title: string, { acknowledged, found, lost, doubled }: Tally): void {
  process.stdout.write(
    `${title}: ${acknowledged} acknowledged, ${found} found, ${lost} lost, ${doubled} doubled\n`,
  );
}
