/**
 * Writes into a memory on a small disk until the disk is full, makes room and goes on: `fill-disk.ts FOLDER`. Prints the error
 * and what was acknowledged and found.
 */
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MemoirError } from "../../src/core/errors.ts";
import { openMemory } from "../../src/index.ts";
import { noWrites, type Tally, tally } from "./ledger.ts";
import { checkStore, readAll } from "./operations.ts";

/** What it prints. */
export interface Filled {
  /** The code of the first error. */
  readonly failure: string;
  readonly whileFull: Tally;
  readonly afterwards: Tally;
  readonly problems: readonly string[];
}

const [folder = ""] = process.argv.slice(2);
const store = `sqlite:${join(folder, "memory.db")}`;
const ballast = join(folder, "ballast");
await writeFile(ballast, Buffer.alloc(1 << 20));

const acknowledged = noWrites();
let failure: unknown = null;
const memory = await openMemory(store);

async function add(id: string): Promise<void> {
  await memory.add({ id, text: id.padEnd(20_000, " filler") });
  acknowledged.records.push(id);
}

for (let index = 0; failure === null; index++)
  await add(`before-${index}`).catch((error: unknown) => {
    failure = error;
  });
const whileFull = tally(acknowledged, await readAll(store));
await rm(ballast);
for (let index = 0; index < 5; index++) await add(`after-${index}`);
await memory.close();

const filled: Filled = {
  failure: MemoirError.is(failure) ? failure.code : String(failure),
  whileFull,
  afterwards: tally(acknowledged, await readAll(store)),
  problems: await checkStore(store),
};
process.stdout.write(JSON.stringify(filled));
