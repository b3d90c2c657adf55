/**
 * Does jobs of one kind until it is killed, and tells each beginning and end: `do-jobs.ts JOBS SCHEMA LIMIT`. A job that says `hang`
 * never ends, nor does one after the first LIMIT.
 */
import { writeSync } from "node:fs";
import { openMemory } from "../../src/index.ts";
import { openEngine } from "./job-engines.ts";

const [url = "", name = "", limit = ""] = process.argv.slice(2);
let begun = 0;
const memory = await openMemory({ store: "memory:", jobs: await openEngine(url, name), workers: 0 });

// Straight to the pipe: what is buffered in a process dies with it.
const tell = (what: string, id: string) => writeSync(1, `${what} ${id}\n`);

memory.jobs.work(
  {
    deed: async ({ id, payload }) => {
      tell("began", id);
      if (payload === "hang" || ++begun > Number(limit)) await new Promise(() => {});
      tell("did", id);
    },
  },
  { concurrency: 4 },
);

// Workers do not keep a program from ending.
setInterval(() => {}, 3_600_000);
