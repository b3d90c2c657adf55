import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { noWrites, type Writes } from "./ledger.ts";
import { type Kind, note } from "./operations.ts";

/** What a process writes. */
export interface Writing {
  /** URL of the store. */
  readonly store: string;
  readonly name: string;
  /** How many of each kind every lane writes. */
  readonly count: number;
  readonly kinds: readonly Kind[];
  /** Writes going on side by side in the process. */
  readonly lanes: number;
  /** Handles on the store, which the lanes share. */
  readonly handles: number;
}

type Writer = Pick<Writing, "store" | "name" | "count"> &
  Partial<Writing> & {
    /** Kills the process without warning as soon as so many writes were acknowledged. */
    readonly killAfter?: number;
  };

/** Writes in another process, and gives what that process was told to be kept. */
export async function writeElsewhere(writer: Writer): Promise<Writes & { readonly code: number | null }> {
  const { killAfter = Number.POSITIVE_INFINITY, ...given } = writer;
  const writing: Writing = { kinds: ["record", "message"], lanes: 1, handles: 1, ...given };
  const acknowledged = noWrites();
  let lines = 0;
  const code = await runElsewhere(
    new URL("./write.ts", import.meta.url),
    [JSON.stringify(writing)],
    (line, kill) => {
      const [kind, id = ""] = line.split(" ");
      note(acknowledged, kind as Kind, id);
      if (++lines === killAfter) kill();
    },
  );
  return { ...acknowledged, code };
}

/** Competes in another process for the versions of a record, and gives those it won. */
export async function competeElsewhere(store: string, name: string, count: number): Promise<number[]> {
  const won: number[] = [];
  const code = await runElsewhere(
    new URL("./compete.ts", import.meta.url),
    [store, name, String(count)],
    (line) => won.push(Number(line)),
  );
  if (code !== 0) throw new Error(`${name} ended with ${code}`);
  return won;
}

/** Runs a script and gives its exit code, or null when it was killed. */
async function runElsewhere(
  script: URL,
  parameters: readonly string[],
  eachLine: (line: string, kill: () => void) => void,
): Promise<number | null> {
  const child: ChildProcess = spawn(process.execPath, [fileURLToPath(script), ...parameters], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const kill = () => {
    child.kill("SIGKILL");
  };
  onTestFinished(kill);
  const closed = once(child, "close");
  if (child.stdout) for await (const line of createInterface(child.stdout)) eachLine(line, kill);
  const [code] = (await closed) as [number | null];
  return code;
}
