import { join } from "node:path";
import { type Memory, openMemory } from "../../src/index.ts";
import { recordAt } from "../corpus/corpus.ts";
import { quantile } from "../measuring/timing.ts";
import type { Row } from "../report/row.ts";
import { bareInserter } from "./bare-sqlite.ts";
import type { SectionOptions } from "./section.ts";

const WRITERS = [1, 8];
const ROUNDS = 4;

/** One record or message a call, each durable when the call returns, against inserts that are as durable. */
export async function measureWrites({ folder, seconds }: SectionOptions): Promise<Row[]> {
  await using memory = await openMemory(`sqlite:${join(folder, "writes.db")}`);
  const inserter = bareInserter(folder);
  let next = 0;
  const insert = async () => inserter.insert([recordAt(next++)]);
  const add = async () => memory.add(recordAt(next++));
  const append = appender(memory, () => recordAt(next++).text);
  const kinds = WRITERS.flatMap((writers) => [
    { name: "a record", writers, write: add },
    { name: "a message", writers, write: append },
  ]);
  const bare: number[] = [];
  const rates = kinds.map((): number[] => []);
  // Round by round, so that what else the machine does falls on all of them.
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(await rate(insert, 1, seconds));
    for (const [index, { writers, write }] of kinds.entries())
      rates[index]?.push(await rate(write, writers, seconds));
  }
  inserter.close();
  return kinds.map(({ name, writers }, index) => ({
    section: "writing",
    name: `durable single writes, ${name}, ${writers} at once`,
    records: next,
    unit: "/s",
    value: quantile(rates[index] ?? [], 0.5),
    reference: { name: "node:sqlite insert", value: quantile(bare, 0.5) },
    target: { of: "ratio", atLeast: 0.5 },
  }));
}

/** How many writes a second `writers` get done, each waiting for its own. */
async function rate(
  write: (writer: number) => Promise<unknown>,
  writers: number,
  seconds: number,
): Promise<number> {
  let done = 0;
  const start = performance.now();
  const end = start + seconds * 1000;
  const writer = async (number: number) => {
    for (; performance.now() < end; done++) await write(number);
  };
  await Promise.all(Array.from({ length: writers }, (_, number) => writer(number)));
  return (done / (performance.now() - start)) * 1000;
}

/** Appends to conversations of at most 100 messages, each writer to its own. */
function appender(memory: Memory, text: () => string): (writer: number) => Promise<unknown> {
  const counts = new Map<number, number>();
  return async (writer) => {
    const count = counts.get(writer) ?? 0;
    counts.set(writer, count + 1);
    const session = memory.session(`chat-${writer}-${Math.floor(count / 100)}`);
    return session.append({ role: "user", content: text() });
  };
}
