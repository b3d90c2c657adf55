import type { Candidates, RecordTraits } from "../core/recall-index.ts";
import { nearness } from "./dates.ts";
import { minMax, minMaxFromZero } from "./fuse.ts";
import { isRole, type Question } from "./question.ts";

/**
 * How much each hint moves a record, in units of the fused score. Measured together on conversations between people, between
 * a user and an assistant, and on single notes: each one is worth having on some of them and costs nothing on the others.
 */
const HINTS = {
  /** For what the person named in the question said, and as much against what other people said. */
  speaker: 0.1,
  /** Against what an assistant said, when somebody asks about themselves. */
  assistant: 0.2,
  /** Against a question, for answers seldom are. Half of it for a record of 30 words, and so on: it holds more then. */
  asks: 0.1,
  asksHalfLength: 30,
  /** As much of it for what a user or an assistant says: they ask all the time, and tell in the same breath. */
  asksInRole: 0.5,
  /** For a record that tells a time, when the question asks for one. */
  tellsTime: 0.1,
  /** For a record near a time that the question names. */
  date: 0.2,
  /** For and against a record of full and of no importance. */
  importance: 0.05,
  /** For a standing instruction or preference of the user: it applies to more than it shares words with. */
  instructs: 0.15,
  /** For records of the session that has the best ones. */
  session: 0.2,
} as const;

/** How far below the best record of a session others still count for it, in units of the fused score. */
const SESSION_SPREAD = 0.1;

/** Below this cosine even the best of a few records fits badly. */
const LEAST_COSINE = 0.3;

export interface Ranking {
  /** Sum of the parts for each candidate. */
  readonly scores: Float64Array;
  /** Named contributions, in the order they were applied. */
  readonly parts: ReadonlyMap<string, Float64Array>;
}

/** Scores candidates: meaning and words fused, then what else is known about question and records. */
export function rank(
  candidates: Candidates,
  question: Question,
  options: {
    readonly named: readonly string[];
    /** Weight of meaning against words. */
    readonly meaning: number;
    /** Words, fused: see `fuseWords`. */
    readonly words: Float64Array;
  },
): Ranking {
  const { named, meaning, words } = options;
  return summed(
    candidates.rows,
    new Map([
      ["meaning", weighted(minMaxFromZero(candidates.cosines[0] ?? [], LEAST_COSINE), meaning)],
      ["words", weighted(words, 1 - meaning)],
      ...hintsOf(candidates, question, named),
    ]),
  );
}

/** Sums parts up, and adds that of the sessions, which depends on the sum. */
export function summed(rows: readonly RecordTraits[], parts: ReadonlyMap<string, Float64Array>): Ranking {
  const scores = new Float64Array(rows.length);
  const add = (part: Float64Array) => {
    for (let index = 0; index < scores.length; index++)
      scores[index] = (scores[index] ?? 0) + (part[index] ?? 0);
  };
  for (const part of parts.values()) add(part);
  const session = weighted(evidenceOfSessions(rows, scores), HINTS.session);
  add(session);
  return { scores, parts: new Map([...parts, ["session", session]]) };
}

export function weighted(values: Float64Array, weight: number): Float64Array {
  const products = new Float64Array(values.length);
  for (let index = 0; index < values.length; index++) products[index] = weight * (values[index] ?? 0);
  return products;
}

/** What each hint gives to each row; no part for a hint that says nothing about this question. */
function hintsOf(
  { rows, lengths }: Candidates,
  question: Question,
  named: readonly string[],
): Map<string, Float64Array> {
  const parts = new Map<string, Float64Array>();
  const part = (name: string) => {
    const column = new Float64Array(rows.length);
    parts.set(name, column);
    return column;
  };
  const speaker = named.length === 1 ? part("speaker") : null;
  const assistant = question.aboutAsker ? part("assistant") : null;
  const asks = part("asks");
  const tellsTime = question.asksWhen ? part("tellsTime") : null;
  const date = question.spans.length > 0 ? part("date") : null;
  const importance = part("importance");
  const instructs = part("instructs");
  // One loop for all of them: rows lie all over the memory, and fetching one takes longer than what is done with it.
  rows.forEach((row, index) => {
    if (speaker) speaker[index] = HINTS.speaker * bySpeaker(row.speaker, named[0]);
    if (assistant && row.speaker?.toLowerCase() === "assistant") assistant[index] = -HINTS.assistant;
    if (row.asks) {
      const share = row.speaker !== null && isRole(row.speaker) ? HINTS.asksInRole : 1;
      asks[index] = (-HINTS.asks * share) / (1 + (lengths[index] ?? 0) / HINTS.asksHalfLength);
    }
    if (tellsTime && row.tellsTime) tellsTime[index] = HINTS.tellsTime;
    if (date) date[index] = HINTS.date * nearness(row.time, question.spans);
    importance[index] = HINTS.importance * (2 * row.importance - 1);
    if (row.instructs && isAskers(row.speaker)) instructs[index] = HINTS.instructs;
  });
  return parts;
}

/** 1 for the one who was named, -1 for another person, 0 for a role or for nobody. */
function bySpeaker(speaker: string | null, named: string | undefined): number {
  if (speaker === named) return 1;
  return speaker === null || isRole(speaker) ? 0 : -1;
}

/** True for what may be the user's own: said by a role other than the assistant, or by nobody. */
function isAskers(speaker: string | null): boolean {
  return speaker === null || (isRole(speaker) && speaker.toLowerCase() !== "assistant");
}

/**
 * For each row what its session as a whole has, from 0 for the session with the least to 1: its best score, and somewhat more
 * when others come near it (the logarithm of the sum of exponentials).
 */
function evidenceOfSessions(rows: readonly RecordTraits[], scores: Float64Array): Float64Array {
  const { sessionOf, count } = sessionsOf(rows);
  const best = new Float64Array(count).fill(Number.NEGATIVE_INFINITY);
  for (let index = 0; index < scores.length; index++) {
    const [session, score] = [sessionOf[index] ?? -1, scores[index] ?? 0];
    if (session >= 0 && score > (best[session] ?? 0)) best[session] = score;
  }
  const sums = new Float64Array(count);
  for (let index = 0; index < scores.length; index++) {
    const session = sessionOf[index] ?? -1;
    if (session < 0) continue;
    const below = (scores[index] ?? 0) - (best[session] ?? 0);
    sums[session] = (sums[session] ?? 0) + Math.exp(below / SESSION_SPREAD);
  }
  const together = best.map((score, session) => score + SESSION_SPREAD * Math.log(sums[session] ?? 1));
  const values = new Float64Array(scores.length);
  for (let index = 0; index < scores.length; index++)
    values[index] = together[sessionOf[index] ?? -1] ?? scores[index] ?? 0;
  return minMax(values);
}

/** For each row the number of its session, -1 for none, and how many sessions there are. */
function sessionsOf(rows: readonly RecordTraits[]): { sessionOf: Int32Array; count: number } {
  const numbers = new Map<string, number>();
  const sessionOf = new Int32Array(rows.length).fill(-1);
  rows.forEach(({ session }, index) => {
    if (session === null) return;
    const number = numbers.get(session) ?? numbers.size;
    if (number === numbers.size) numbers.set(session, number);
    sessionOf[index] = number;
  });
  return { sessionOf, count: numbers.size };
}
