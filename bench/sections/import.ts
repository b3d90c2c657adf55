import { renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { createEmbedder } from "../../src/embedders/named.ts";
import { openMemory } from "../../src/index.ts";
import { type CorpusRecord, recordsOf } from "../corpus/corpus.ts";
import { type Hold, holdRow, longestHold } from "../measuring/event-loop.ts";
import { Stopwatch } from "../measuring/timing.ts";
import type { Row } from "../report/row.ts";
import { bareInserter } from "./bare-sqlite.ts";
import type { SectionOptions } from "./section.ts";

const BATCH = 500;
/** So many are enough to know the speed of what an import is compared with. */
const COMPARED = 20_000;
/** The size at which a bulk add must not hold the event loop. */
const WATCHED = 10_000;

/** Fills the store that later sections read: how fast, how large, and how long the event loop was held. */
export async function measureImport({ size, store, folder }: SectionOptions): Promise<Row[]> {
  // What is there under the store's own name is complete.
  const unfinished = `${store}.unfinished`;
  for (const suffix of ["", "-wal", "-shm"]) rmSync(unfinished + suffix, { force: true });
  const memory = await openMemory(`sqlite:${unfinished}`);
  const adding = new Stopwatch();
  const add = (records: readonly CorpusRecord[]) => adding.time(() => memory.add(records));
  const watched = Math.min(size, WATCHED);
  // Made beforehand, so that only what adding does is watched.
  const batches = batchesOf(0, watched).map(({ from, to }) => recordsOf(from, to));
  const hold = await longestHold(async () => {
    for (const batch of batches) await add(batch);
  });
  for (const { from, to } of batchesOf(watched, size)) await add(recordsOf(from, to));
  await memory.close();
  renameSync(unfinished, store);
  const compared = Math.min(size, COMPARED);
  const apart = await importApart(folder, compared, watched);
  const writing = { section: "writing", records: size, unit: "/s" } as const;
  return [
    {
      ...writing,
      name: "bulk import, embedding included",
      value: (size / adding.total) * 1000,
      reference: { name: "node:sqlite insert", value: await bareSpeed(folder, compared) },
    },
    { ...writing, name: "bulk import, two calls at once", records: compared, value: apart.speed },
    { ...writing, name: "embedding alone", records: compared, value: await embeddingSpeed(compared) },
    {
      section: "size",
      name: "file, each record",
      records: size,
      unit: "bytes",
      value: statSync(store).size / size,
    },
    holdRow("adding records in bulk", watched, hold),
    holdRow("adding records in one call", watched, apart.hold),
  ];
}

/** Into a store of its own: two calls under way at any time, and one call with very many records. */
async function importApart(
  folder: string,
  count: number,
  atOnce: number,
): Promise<{ readonly speed: number; readonly hold: Hold }> {
  const file = join(folder, "apart.db");
  for (const suffix of ["", "-wal", "-shm"]) rmSync(file + suffix, { force: true });
  await using memory = await openMemory(`sqlite:${file}`);
  const batches = batchesOf(0, count).map(({ from, to }) => recordsOf(from, to));
  const adding = new Stopwatch();
  const addInTurn = async () => {
    for (let batch = batches.shift(); batch; batch = batches.shift()) await memory.add(batch);
  };
  await adding.time(() => Promise.all([addInTurn(), addInTurn()]));
  const records = recordsOf(count, count + atOnce);
  const hold = await longestHold(() => memory.add(records));
  return { speed: (count / adding.total) * 1000, hold };
}

async function embeddingSpeed(count: number): Promise<number> {
  const embedder = await createEmbedder("static");
  const embedding = new Stopwatch();
  for (const { from, to } of batchesOf(0, count)) {
    const texts = recordsOf(from, to).map(({ text }) => text);
    await embedding.time(() => embedder.embed(texts));
  }
  return (count / embedding.total) * 1000;
}

async function bareSpeed(folder: string, count: number): Promise<number> {
  const inserter = bareInserter(folder);
  const inserting = new Stopwatch();
  for (const { from, to } of batchesOf(0, count)) {
    const records = recordsOf(from, to);
    await inserting.time(() => inserter.insert(records));
  }
  inserter.close();
  return (count / inserting.total) * 1000;
}

function batchesOf(from: number, end: number): { readonly from: number; readonly to: number }[] {
  return Array.from({ length: Math.ceil((end - from) / BATCH) }, (_, number) => ({
    from: from + number * BATCH,
    to: Math.min(end, from + (number + 1) * BATCH),
  }));
}
