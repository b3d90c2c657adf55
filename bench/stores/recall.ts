import { type Memory, openMemory, ValidationError } from "../../src/index.ts";
import { questionsOf, recordsOf } from "../corpus/corpus.ts";
import { Stopwatch } from "../measuring/timing.ts";
import type { Row } from "../report/row.ts";

/** Records in one call. */
const BATCH = 500;

interface Extent {
  readonly size: number;
  readonly repetitions: number;
}

const OPTIONS = { workers: 0, jobs: "memory:" } as const;

/** From the text of a question to ten ranked records, over a store of that many records: here, and inside the store if it can. */
export async function measureStoreRecall(name: string, url: string, extent: Extent): Promise<Row[]> {
  const { size } = extent;
  const filling = await openMemory(url, OPTIONS);
  for (let from = 0; from < size; from += BATCH)
    await filling.add(recordsOf(from, Math.min(size, from + BATCH)), { deduplicate: false });
  await filling.close();
  const row = (what: string, timing: Pick<Row, "value" | "p95" | "cpu">): Row => ({
    section: "stores: recall",
    name: what,
    column: name,
    records: size,
    unit: "ms",
    ...timing,
  });
  const here = await measureSearches(await openMemory(url, { ...OPTIONS, index: "process" }), extent);
  const rows = [
    row("all records, for the first time", { value: here.first }),
    row("all records", here.ofAll),
    row("one user of 100", here.ofUser),
  ];
  const finding = await openMemory(url, { ...OPTIONS, index: "store" }).catch((error: unknown) => {
    if (error instanceof ValidationError) return null;
    throw error;
  });
  if (!finding) return rows;
  const inside = await measureSearches(finding, extent);
  return [
    ...rows,
    row("inside the store: all records, for the first time", { value: inside.first }),
    row("inside the store: all records", inside.ofAll),
    row("inside the store: one user of 100", inside.ofUser),
  ];
}

async function measureSearches(memory: Memory, { size, repetitions }: Extent) {
  const [first, ofUser, ofAll] = [new Stopwatch(), new Stopwatch(), new Stopwatch()];
  const [opening, ...questions] = questionsOf(size, repetitions + 1);
  await first.time(() => memory.search(opening?.text ?? ""));
  for (const { text, userId } of questions) {
    await ofAll.time(() => memory.search(text));
    await ofUser.time(() => memory.scope({ userId }).search(text));
  }
  await memory.close();
  return { first: first.first, ofAll: ofAll.timing, ofUser: ofUser.timing };
}
