import type { Candidates, RecordTraits } from "../core/recall-index.ts";
import { nearness } from "./dates.ts";
import { minMax, minMaxFromZero } from "./fuse.ts";
import { isRole, type Question } from "./question.ts";

/**
 * How much each hint moves a record, in units of the fused score. Measured together on conversations between people, between
 * a user and an assistant, and on single notes: each one is worth having on some of them and costs nothing on the others.
 */
export const HINTS = {
  /** For what the person named in the question said, and as much against what other people said. */
  speaker: 0.1,
  /** Against what an assistant said, when somebody asks about themselves. */
  assistant: 0.2,
  /** Against a question, for answers seldom are. Half of it for a record of 30 words, and so on: it holds more then. */
  asks: 0.1,
  asksHalfLength: 30,
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
  const { rows, cosines, lengths } = candidates;
  const { named, meaning, words } = options;
  const parts = new Map<string, Float64Array>();
  const scores = new Float64Array(rows.length);
  const add = (name: string, value: (row: RecordTraits, index: number) => number) => {
    const part = new Float64Array(rows.length);
    rows.forEach((row, index) => {
      const amount = value(row, index);
      part[index] = amount;
      scores[index] = (scores[index] ?? 0) + amount;
    });
    parts.set(name, part);
  };
  const fusedMeaning = minMaxFromZero(cosines[0] ?? [], LEAST_COSINE);
  add("meaning", (_, index) => meaning * (fusedMeaning[index] ?? 0));
  add("words", (_, index) => (1 - meaning) * (words[index] ?? 0));
  if (named.length === 1) add("speaker", ({ speaker }) => HINTS.speaker * bySpeaker(speaker, named[0]));
  if (question.aboutAsker)
    add("assistant", ({ speaker }) => (speaker?.toLowerCase() === "assistant" ? -HINTS.assistant : 0));
  add("asks", ({ asks }, index) =>
    asks ? -HINTS.asks / (1 + (lengths[index] ?? 0) / HINTS.asksHalfLength) : 0,
  );
  if (question.asksWhen) add("tellsTime", ({ tellsTime }) => (tellsTime ? HINTS.tellsTime : 0));
  if (question.spans.length > 0) add("date", ({ time }) => HINTS.date * nearness(time, question.spans));
  add("importance", ({ importance }) => HINTS.importance * (2 * importance - 1));
  add("instructs", ({ instructs, speaker }) => (instructs && isAskers(speaker) ? HINTS.instructs : 0));
  const sessions = evidenceOfSessions(rows, scores);
  add("session", (_, index) => HINTS.session * (sessions[index] ?? 0));
  return { scores, parts };
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
  const best = new Map<string, number>();
  rows.forEach(({ session }, index) => {
    const score = scores[index] ?? 0;
    if (session !== null && score > (best.get(session) ?? Number.NEGATIVE_INFINITY)) best.set(session, score);
  });
  const sums = new Map<string, number>();
  rows.forEach(({ session }, index) => {
    if (session === null) return;
    const below = (scores[index] ?? 0) - (best.get(session) ?? 0);
    sums.set(session, (sums.get(session) ?? 0) + Math.exp(below / SESSION_SPREAD));
  });
  const values = new Float64Array(rows.length);
  rows.forEach(({ session }, index) => {
    const alone = scores[index] ?? 0;
    values[index] =
      session === null ? alone : (best.get(session) ?? 0) + SESSION_SPREAD * Math.log(sums.get(session) ?? 1);
  });
  return minMax(values);
}
