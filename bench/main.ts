/** The benchmark: `npm run bench`. See bench/README.md. */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ANALYZER } from "../src/recall/analyze.ts";
import { install } from "./install.ts";
import { compileReader } from "./measuring/bandwidth.ts";
import { comparePeers } from "./peers/compare.ts";
import { growth } from "./report/growth.ts";
import { describeMachine } from "./report/machine.ts";
import type { Missing, Row } from "./report/row.ts";
import { toMarkdown } from "./report/table.ts";
import { runSection } from "./run-section.ts";
import type { SectionName } from "./sections/index.ts";
import type { SectionOptions } from "./sections/section.ts";
import { withServers } from "./stores/servers.ts";

const QUICK = "10000,100000";
const FULL = `${QUICK},1000000`;

/** Measured at every size, in this order: the first one makes the store that others read. */
const AT_EVERY_SIZE: readonly SectionName[] = ["import", "recall", "vectors"];
/** Measured once, on the largest store up to a size. */
const ONCE: readonly SectionName[] = ["writes", "server", "stores"];
/** Measured unless others are named: stores take servers, and long to fill. */
const USUAL = [...AT_EVERY_SIZE, ...ONCE].filter((name) => name !== "stores").join(",");
const READ_THE_STORE: readonly SectionName[] = ["recall", "server"];
const ONCE_UP_TO = 100_000;

const HELP = `npm run bench -- [options]

  --sizes LIST       numbers of records (default ${QUICK})
  --full             ${FULL}
  --only LIST        sections: ${[...AT_EVERY_SIZE, ...ONCE].join(", ")}
                     (default ${USUAL})
  --redis URL        server for the section stores (default: one of the tests' servers)
  --postgres URL     the same
  --peers            compare with other packages too; installs them at first
  --peer-seconds N   how long each of them may add records, and search (default 30)
  --repetitions N    how often a search is repeated (default 200)
  --seconds N        how long writes and requests are counted in each round (default 1)
  --folder DIR       keep the stores there, and read those that are there already
  --json             print JSON instead of tables
  --save FILE        write the JSON to a file, too
`;

const { values: flags } = parseArgs({
  options: {
    sizes: { type: "string" },
    full: { type: "boolean", default: false },
    only: { type: "string", default: USUAL },
    peers: { type: "boolean", default: false },
    "peer-seconds": { type: "string", default: "30" },
    repetitions: { type: "string", default: "200" },
    seconds: { type: "string", default: "1" },
    redis: { type: "string" },
    postgres: { type: "string" },
    folder: { type: "string" },
    save: { type: "string" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

if (flags.help) console.log(HELP);
else await run();

async function run(): Promise<void> {
  const folder = flags.folder ?? (await mkdtemp(join(tmpdir(), "memoir-bench-")));
  await mkdir(folder, { recursive: true });
  const machine = describeMachine();
  const rows: Row[] = [];
  const missing: Missing[] = [];
  try {
    await measure(folder, rows, missing);
    rows.push(...growth(rows));
  } finally {
    if (flags.folder === undefined) await rm(folder, { recursive: true });
  }
  const results = { machine, rows, missing };
  const json = `${JSON.stringify(results, null, 2)}\n`;
  if (flags.save !== undefined) await writeFile(flags.save, json);
  console.log(flags.json ? json : `${machine}\n\n${toMarkdown(results)}`);
}

async function measure(folder: string, rows: Row[], missing: Missing[]): Promise<void> {
  const sizes = numbers(flags.sizes ?? (flags.full ? FULL : QUICK));
  const wanted = new Set(flags.only.split(","));
  const common = {
    folder,
    repetitions: Number(flags.repetitions),
    seconds: Number(flags.seconds),
    reader: await compileReader(),
  };
  const runOne = async (section: SectionName, size: number, servers: SectionOptions["servers"] = {}) => {
    const options: SectionOptions = { ...common, size, servers, store: join(folder, storeName(size)) };
    const made = section === "import" && existsSync(options.store);
    const needed = section === "import" && READ_THE_STORE.some((reader) => wanted.has(reader));
    if (made || !(needed || wanted.has(section))) return;
    progress(`${section}, ${size.toLocaleString("en")} records`);
    const measured = await runSection(section, options);
    if (wanted.has(section)) rows.push(...measured);
  };
  for (const size of sizes) for (const section of AT_EVERY_SIZE) await runOne(section, size);
  const size = Math.max(...sizes.filter((some) => some <= ONCE_UP_TO), Math.min(...sizes));
  for (const section of ONCE) {
    if (!wanted.has(section)) continue;
    const reason = section === "server" ? install("load") : undefined;
    if (reason !== undefined) missing.push({ section, name: "requests over HTTP", reason });
    else if (section === "stores")
      await withServers({ redis: flags.redis, postgres: flags.postgres }, async (servers, unavailable) => {
        missing.push(...unavailable);
        await runOne(section, size, servers);
      });
    else await runOne(section, size);
  }
  if (!flags.peers) return;
  const compared = await comparePeers({
    folder,
    sizes: sizes.filter((some) => some <= ONCE_UP_TO),
    repetitions: common.repetitions,
    seconds: Number(flags["peer-seconds"]),
    progress,
  });
  rows.push(...compared.rows);
  missing.push(...compared.missing);
}

/** A store whose records were analysed in another way would be made anew in the background of what is measured. */
function storeName(size: number): string {
  return `${size}-${ANALYZER}.db`;
}

function numbers(list: string): number[] {
  return list.split(",").map(Number);
}

function progress(what: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${what}\n`);
}
