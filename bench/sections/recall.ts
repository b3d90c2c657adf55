import { setImmediate } from "node:timers/promises";
import { type Memory, openMemory } from "../../src/index.ts";
import { type Question, questionsOf } from "../corpus/corpus.ts";
import { DIMENSIONS } from "../corpus/vectors.ts";
import { ByteReader } from "../measuring/bandwidth.ts";
import { holdRow, longer, longestHold } from "../measuring/event-loop.ts";
import { Stopwatch } from "../measuring/timing.ts";
import type { Row } from "../report/row.ts";
import type { SectionOptions } from "./section.ts";

/** Milliseconds allowed for everything that is not vectors: words, ranking, reading the records. */
const FOR_WORDS = 1;
/** What is measured side by side takes turns after so many, so that what else the machine does falls on all of it. */
const BLOCK = 20;
/** The size at which recall has targets. */
const WATCHED = 100_000;

/** Opens a store as a program would, and searches it from the text of a question to the ranked records. */
export async function measureRecall(options: SectionOptions): Promise<Row[]> {
  const questions = questionsOf(options.size, options.repetitions + BLOCK);
  const start = performance.now();
  await using memory = await openMemory(`sqlite:${options.store}`);
  const opened = performance.now() - start;
  const users = await measureUsers(memory, questions, options, opened);
  const loading = await measureLoading(memory, questions, options, opened);
  return [...users, ...loading, ...(await measureAll(memory, questions, options))];
}

/** Searches for users while the index holds only what they asked for. */
async function measureUsers(
  memory: Memory,
  questions: readonly Question[],
  { size }: SectionOptions,
  opened: number,
): Promise<Row[]> {
  const [cold, warm] = [new Search(), new Search()];
  const firstOfEach = new Map(questions.map((question) => [question.userId, question]));
  for (const [userId, question] of firstOfEach) await cold.run(memory.scope({ userId }), question);
  for (const question of questions) await warm.run(memory.scope({ userId: question.userId }), question);
  return [
    {
      section: "recall",
      name: "one user of 100",
      records: size,
      unit: "ms",
      ...warm.timing,
      ...forUser(size),
    },
    {
      section: "recall",
      name: "one user of 100, for the first time",
      records: size,
      unit: "ms",
      ...cold.timing,
    },
    {
      section: "recall",
      name: "planted record in the user's first 10",
      records: size,
      unit: "share",
      value: warm.found,
    },
    {
      section: "opening",
      name: "open and answer a user's search",
      records: size,
      unit: "ms",
      value: opened + cold.first,
    },
  ];
}

/** The first search over everything: what it takes to have all records in the index. */
async function measureLoading(
  memory: Memory,
  [question]: readonly Question[],
  { size }: SectionOptions,
  opened: number,
): Promise<Row[]> {
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  const start = performance.now();
  const hold = await longestHold(() => memory.search(question?.text ?? ""));
  const elapsed = performance.now() - start;
  globalThis.gc?.();
  const resident = (process.memoryUsage.rss() - before) / size;
  return [
    {
      section: "opening",
      name: "open and answer a search over all",
      records: size,
      unit: "ms",
      value: opened + elapsed,
    },
    { section: "size", name: "resident memory, each record", records: size, unit: "bytes", value: resident },
    holdRow("loading the index", size, hold),
  ];
}

/** Searches over everything, and for users beside it, all records in the index. */
async function measureAll(
  memory: Memory,
  questions: readonly Question[],
  { size, reader }: SectionOptions,
): Promise<Row[]> {
  const bytes = new ByteReader(reader, size * DIMENSIONS);
  const reading = new Stopwatch();
  const [all, ofUser] = [new Search(), new Search()];
  let longest = { longest: 0, cpu: 0 };
  for (let from = 0; from < questions.length; from += BLOCK) {
    const block = questions.slice(from, from + BLOCK);
    for (let turn = 0; turn < BLOCK; turn++) await reading.time(() => bytes.read());
    const hold = await longestHold(async () => {
      for (const question of block) {
        await all.run(memory, question);
        // As requests come one by one: without it, all searches together would be one turn of the loop.
        await setImmediate();
      }
    });
    // The first searches are slow until the engine has compiled what they run.
    if (from > 0) longest = longer(longest, hold);
    for (const question of block) await ofUser.run(memory.scope({ userId: question.userId }), question);
  }
  const limit = { name: "reading the vectors + 1 ms", value: reading.timing.value + FOR_WORDS };
  return [
    {
      section: "recall",
      name: "all records",
      records: size,
      unit: "ms",
      ...all.timing,
      reference: limit,
      ...(size === WATCHED && { target: { of: "ratio", atMost: 5 } as const }),
    },
    {
      section: "recall",
      name: "one user of 100, all records in the index",
      records: size,
      unit: "ms",
      ...ofUser.timing,
      ...forUser(size),
    },
    {
      section: "recall",
      name: "planted record in the first 10 of all",
      records: size,
      unit: "share",
      value: all.found,
    },
    holdRow("searching over all records", size, longest),
  ];
}

function forUser(size: number): Pick<Row, "target"> {
  return size === WATCHED ? { target: { of: "value", atMost: 1 } } : {};
}

/** Searches of one kind: how long they took, and how many found what they should. */
class Search {
  readonly #stopwatch = new Stopwatch();
  #asked = 0;
  #found = 0;

  async run(memory: Memory, { text, answer }: Question): Promise<void> {
    const { hits } = await this.#stopwatch.time(() => memory.search(text));
    this.#asked++;
    if (hits.some(({ id }) => id === answer)) this.#found++;
  }

  get timing() {
    return this.#stopwatch.timing;
  }

  /** Milliseconds of the first search. */
  get first(): number {
    return this.#stopwatch.first;
  }

  get found(): number {
    return this.#found / this.#asked;
  }
}
