import { readFileSync } from "node:fs";
import { readStaticTable } from "../../src/embedders/static-table.ts";
import type { RecordInput } from "../../src/index.ts";
import { createRandom, type Random, wholeBelow, zipfRank } from "./random.ts";

/** Each one has 1 % of the records. */
export const USERS = 100;

const SHORTEST_TEXT = 20;
const LONGEST_TEXT = 200;
const TOPICS_OF_USER = 20;
const WORDS_OF_TOPIC = 40;
/** Share of a text's words that belong to its topic. */
const ON_TOPIC = 0.3;
const RECORDS_OF_SESSION = 20;
/** Seconds between two records. */
const INTERVAL = 20;
const BEGINNING = Date.UTC(2025, 0, 1);

/** What tells the generators apart. */
const SEED = { record: 1, topic: 2, question: 3 } as const;

/** More frequent words are those that hold any sentence together. */
const FUNCTION_WORDS = 200;

/** English words, the most frequent first: those the default embedder knows whole, in the order its vocabulary has them. */
const WORDS: readonly string[] = readStaticTable(
  readFileSync(new URL("../../models/static-256-int8/model.bin", import.meta.url)),
)
  .vocabulary.filter((piece) => /^[a-z]{2,}$/.test(piece))
  .slice(0, 20_000);
const RANKS = new Map(WORDS.map((word, rank) => [word, rank]));

/** A record of the corpus: its id tells its place. */
export type CorpusRecord = RecordInput & { readonly id: string; readonly userId: string };

/** A question that one planted record answers. */
export interface Question {
  readonly text: string;
  readonly userId: string;
  /** Id of the record whose words it was made from. */
  readonly answer: string;
}

/** The record at a place: the same one in a corpus of any size. Users take turns; each one's records fall into sessions. */
export function recordAt(index: number): CorpusRecord {
  const user = index % USERS;
  const session = Math.floor(index / USERS / RECORDS_OF_SESSION);
  const createdAt = new Date(BEGINNING + index * INTERVAL * 1000).toISOString();
  return {
    id: `record-${index}`,
    text: sentences(wordsAt(index), createRandom(SEED.record, index, 1)),
    userId: userOf(user),
    sessionId: `session-${user}-${session}`,
    createdAt,
    // So long ago that being found counts as an access.
    lastAccessedAt: createdAt,
  };
}

/** The id of a user, from 0 to `USERS` - 1. */
export function userOf(user: number): string {
  return `user-${user}`;
}

export function recordsOf(from: number, to: number): CorpusRecord[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, index) => recordAt(from + index));
}

/** Questions about planted records all over the first `size`: some of a record's words in another order, one in another form. */
export function questionsOf(size: number, count: number): Question[] {
  return Array.from({ length: count }, (_, number) => {
    const random = createRandom(SEED.question, number);
    const index = wholeBelow(random, size);
    const { id, userId } = recordAt(index);
    const rare = [...new Set(wordsAt(index))].filter((word) => (RANKS.get(word) ?? 0) >= FUNCTION_WORDS);
    const [first = "it", ...others] = shuffle(rare, random).slice(0, 5);
    return { text: `What about the ${[`${first}s`, ...others].join(" ")}?`, userId, answer: id };
  });
}

function wordsAt(index: number): string[] {
  const random = createRandom(SEED.record, index);
  const topic = (index % USERS) * TOPICS_OF_USER + zipfRank(random, TOPICS_OF_USER);
  const length = SHORTEST_TEXT + wholeBelow(random, LONGEST_TEXT - SHORTEST_TEXT + 1);
  return Array.from({ length }, () =>
    random() < ON_TOPIC
      ? topicWord(topic, zipfRank(random, WORDS_OF_TOPIC))
      : (WORDS[zipfRank(random, WORDS.length)] ?? "it"),
  );
}

function topicWord(topic: number, rank: number): string {
  const random = createRandom(SEED.topic, topic, rank);
  return WORDS[FUNCTION_WORDS + wholeBelow(random, WORDS.length - FUNCTION_WORDS)] ?? "it";
}

function sentences(words: readonly string[], random: Random): string {
  const parts: string[] = [];
  for (let from = 0; from < words.length; ) {
    const to = from + 6 + wholeBelow(random, 12);
    const sentence = words.slice(from, to).join(" ");
    parts.push(`${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`);
    from = to;
  }
  return parts.join(" ");
}

function shuffle(words: string[], random: Random): string[] {
  for (let index = words.length - 1; index > 0; index--) {
    const other = wholeBelow(random, index + 1);
    [words[index], words[other]] = [words[other] ?? "", words[index] ?? ""];
  }
  return words;
}
