import { renameSync, rmSync, statSync } from "node:fs";
import { createEmbedder } from "../../src/embedders/named.ts";
import { openMemory } from "../../src/index.ts";
import { recordsOf } from "../corpus/corpus.ts";
import { holdRow, longestHold } from "../measuring/event-loop.ts";
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
  let elapsed = 0;
  const addBatch = async (from: number, to: number) => {
    const batch = recordsOf(from, to);
    const start = performance.now();
    await memory.add(batch);
    elapsed += performance.now() - start;
  };
  const addFrom = async (from: number, end: number) => {
    for (let at = from; at < end; at += BATCH) await addBatch(at, Math.min(end, at + BATCH));
  };
  const watched = Math.min(size, WATCHED);
  const { longest } = await longestHold(() => addFrom(0, watched));
  await addFrom(watched, size);
  await memory.close();
  renameSync(unfinished, store);
  const compared = Math.min(size, COMPARED);
  const writing = { section: "writing", records: size, unit: "/s" } as const;
  return [
    {
      ...writing,
      name: "bulk import, embedding included",
      value: (size / elapsed) * 1000,
      reference: { name: "node:sqlite insert", value: await bareSpeed(folder, compared) },
    },
    { ...writing, name: "embedding alone", records: compared, value: await embeddingSpeed(compared) },
    {
      section: "size",
      name: "file, each record",
      records: size,
      unit: "bytes",
      value: statSync(store).size / size,
    },
    await holdRow("adding records in bulk", watched, longest),
  ];
}

async function embeddingSpeed(count: number): Promise<number> {
  const embedder = await createEmbedder("static");
  let elapsed = 0;
  for (let from = 0; from < count; from += BATCH) {
    const texts = recordsOf(from, Math.min(count, from + BATCH)).map(({ text }) => text);
    const start = performance.now();
    await embedder.embed(texts);
    elapsed += performance.now() - start;
  }
  return (count / elapsed) * 1000;
}

async function bareSpeed(folder: string, count: number): Promise<number> {
  const inserter = bareInserter(folder);
  let elapsed = 0;
  for (let from = 0; from < count; from += BATCH) {
    const records = recordsOf(from, Math.min(count, from + BATCH));
    const start = performance.now();
    inserter.insert(records);
    elapsed += performance.now() - start;
  }
  inserter.close();
  return (count / elapsed) * 1000;
}
