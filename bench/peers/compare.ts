import { fork } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { install } from "../install.ts";
import type { Missing, Results, Row } from "../report/row.ts";
import type { PeerFigure, PeerTask } from "./process.ts";

/** By the name of the adapter's file, with the package whose version is told. */
const PEERS = [
  { adapter: "mem0", package: "mem0ai" },
  { adapter: "mastra", package: "@mastra/memory" },
  { adapter: "langgraph", package: "@langchain/langgraph-checkpoint" },
  { adapter: "mcp-memory", package: "@modelcontextprotocol/server-memory" },
  { adapter: "vectra", package: "vectra" },
  { adapter: "better-sqlite3", package: "better-sqlite3" },
  { adapter: "sqlite-vec", package: "sqlite-vec" },
] as const;

/** Nothing of what is compared may report home. */
const QUIET = {
  MEM0_TELEMETRY: "false",
  MASTRA_TELEMETRY_DISABLED: "1",
  LANGSMITH_TRACING: "false",
  LANGCHAIN_TRACING_V2: "false",
  DO_NOT_TRACK: "1",
};

/** What others are compared with is measured whole. */
const MEMOIR_SECONDS = 600;

/** Twice what adding and both kinds of search may take: the last batch or search may have begun just in time. */
const PATIENCE = 2;

export interface CompareOptions {
  readonly folder: string;
  readonly sizes: readonly number[];
  readonly repetitions: number;
  /** Seconds that adding and each kind of search may take. */
  readonly seconds: number;
  progress(what: string): void;
}

/** Measures Memoir and its peers one after the other, each in a process of its own. */
export async function comparePeers(options: CompareOptions): Promise<Results> {
  const reason = install("peers");
  const rows: Row[] = [];
  const missing: Missing[] = [];
  for (const size of options.sizes) {
    const section = `peers, ${size.toLocaleString("en")} records`;
    const ours = figuresOf(await runPeer("memoir", size, options, MEMOIR_SECONDS));
    rows.push(...toRows(section, "Memoir", ours));
    for (const peer of PEERS) {
      const name = `${peer.package} ${reason === undefined ? versionOf(peer.package) : ""}`.trim();
      const told = reason === undefined ? await runPeer(peer.adapter, size, options) : [{ failed: reason }];
      rows.push(...toRows(section, name, figuresOf(told), ours));
      missing.push(...reasonsOf(told).map((why) => ({ section, name, reason: why })));
    }
  }
  return { rows, missing };
}

function versionOf(name: string): string {
  const manifest = readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}

/** Runs an adapter on the first `size` records of the corpus; gives what it told until it ended. */
export function runPeer(
  adapter: string,
  size: number,
  options: CompareOptions,
  addingSeconds: number = options.seconds,
): Promise<PeerFigure[]> {
  const { repetitions, seconds } = options;
  options.progress(`${adapter}, ${size.toLocaleString("en")} records`);
  const folder = join(options.folder, `peer-${adapter}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const told: PeerFigure[] = [];
  const child = fork(new URL("process.ts", import.meta.url), {
    execArgv: [...process.execArgv, "--import", new URL("no-network.ts", import.meta.url).href],
    env: { ...process.env, ...QUIET, HOME: folder },
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  const timer = setTimeout(
    () => {
      told.push({ failed: `it was not ready after ${seconds * PATIENCE} seconds` });
      child.kill("SIGKILL");
    },
    seconds * PATIENCE * 1000,
  );
  child.on("message", (figure) => told.push(figure as PeerFigure));
  child.send({ adapter, folder, size, repetitions, seconds, addingSeconds } satisfies PeerTask);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      clearTimeout(timer);
      if (code !== 0 && told.every((figure) => !("failed" in figure)))
        told.push({ failed: `its process ended with ${signal ?? code}` });
      rmSync(folder, { recursive: true, force: true });
      resolve(told);
    });
  });
}

interface Figures {
  readonly adding?: Extract<PeerFigure, { added: number }>;
  readonly all?: Extract<PeerFigure, { search: string }>;
  readonly user?: Extract<PeerFigure, { search: string }>;
}

function figuresOf(told: readonly PeerFigure[]): Figures {
  return Object.assign(
    {},
    ...told.map((figure) => {
      if ("added" in figure) return { adding: figure };
      return "search" in figure ? { [figure.search]: figure } : {};
    }),
  ) as Figures;
}

function reasonsOf(told: readonly PeerFigure[]): string[] {
  return told.flatMap((figure) => {
    if ("failed" in figure) return [figure.failed];
    return "reachedOut" in figure ? [`it reaches out to ${figure.reachedOut}`] : [];
  });
}

function toRows(section: string, name: string, figures: Figures, ours: Figures = {}): Row[] {
  const { adding } = figures;
  if (!adding) return [];
  const row = (column: string, unit: Row["unit"], value: number, mine: number | undefined): Row => ({
    section,
    name,
    column,
    records: adding.added,
    unit,
    value,
    // Searches among fewer records are no match.
    ...(mine !== undefined && (unit === "/s" || adding.added === ours.adding?.added)
      ? { reference: { name: "Memoir", value: mine } }
      : {}),
  });
  const searches = (["all", "user"] as const).flatMap((kind): Row[] => {
    const figure = figures[kind];
    if (!figure) return [];
    const { timing, first, found } = figure;
    const mine = ours[kind];
    const among = kind === "all" ? "all" : "a user's";
    return [
      { ...row(`search ${among}`, "ms", timing.value, mine?.timing.value), ...timing },
      row(`first search ${among}`, "ms", first, mine?.first),
      row(`found ${among}`, "share", found, mine?.found),
    ];
  });
  return [row("adding", "/s", adding.perSecond, ours.adding?.perSecond), ...searches];
}
