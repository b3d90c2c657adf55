import { openMemory } from "../../src/index.ts";
import { questionsOf, recordsOf } from "../corpus/corpus.ts";
import { Stopwatch } from "../measuring/timing.ts";
import type { Row } from "../report/row.ts";

/** Records in one call. */
const BATCH = 500;

/** From the text of a question to ten ranked records, over a store of that many records. */
export async function measureStoreRecall(
  name: string,
  url: string,
  { size, repetitions }: { readonly size: number; readonly repetitions: number },
): Promise<Row[]> {
  const options = { workers: 0, jobs: "memory:" } as const;
  const filling = await openMemory(url, options);
  for (let from = 0; from < size; from += BATCH)
    await filling.add(recordsOf(from, Math.min(size, from + BATCH)), { deduplicate: false });
  await filling.close();
  const memory = await openMemory(url, options);
  const [first, ofUser, ofAll] = [new Stopwatch(), new Stopwatch(), new Stopwatch()];
  const [opening, ...questions] = questionsOf(size, repetitions + 1);
  await first.time(() => memory.search(opening?.text ?? ""));
  for (const { text, userId } of questions) {
    await ofAll.time(() => memory.search(text));
    await ofUser.time(() => memory.scope({ userId }).search(text));
  }
  await memory.close();
  const row = (what: string, timing: Pick<Row, "value" | "p95" | "cpu">): Row => ({
    section: "stores: recall",
    name: what,
    column: name,
    records: size,
    unit: "ms",
    ...timing,
  });
  return [
    row("all records, for the first time", { value: first.first }),
    row("all records", ofAll.timing),
    row("one user of 100", ofUser.timing),
  ];
}
