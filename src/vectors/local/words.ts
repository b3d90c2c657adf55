import { Top } from "../kernel/top.ts";
import type { Pace } from "./pace.ts";
import type { Partition } from "./partition.ts";
import type { Posting } from "./postings.ts";
import type { Selection } from "./selection.ts";

/** BM25 as Robertson and others gave it, with the usual constants. */
const K1 = 1.2;
const B = 0.75;

/** Weight of two words of the question that stand side by side in the record, as if they were one more word. */
const PAIR = 0.3;

const NOTHING = new Uint32Array(0);

/** Scores slots by the words of a question. What a word weighs depends on the selected slots alone. */
export class WordScorer {
  readonly #partition: Partition;
  readonly #selection: Selection;
  readonly #allowed: Uint8Array;

  constructor(selection: Selection) {
    this.#selection = selection;
    this.#partition = selection.partition;
    this.#allowed = selection.allowed;
  }

  /** What a perfect record would score: every word, without end. */
  most(terms: readonly string[]): number {
    let sum = 0;
    for (const term of new Set(terms)) sum += this.#weightOf(this.#partition.postings.of(term));
    return sum * (K1 + 1);
  }

  /** BM25 of each of the slots; with `context`, of its neighbours' words too. */
  async score(
    slots: Uint32Array,
    terms: readonly string[],
    context: boolean,
    pace: Pace,
  ): Promise<Float64Array> {
    const bags = this.#selection.bags(slots, context);
    const mean = this.#selection.meanLength(context);
    const norms = bags.lengths.map((length) => normOf(length, mean));
    const scores = new Float64Array(slots.length);
    const counts = new Float32Array(bags.nowhere + 1);
    const add = (weight: number, count: (index: number) => number) => {
      for (let index = 0; index < scores.length; index++) {
        const times = count(index);
        if (times === 0) continue;
        scores[index] = (scores[index] ?? 0) + (weight * times * (K1 + 1)) / (times + (norms[index] ?? 0));
      }
    };
    for (const term of new Set(terms)) {
      const posting = this.#partition.postings.of(term);
      if (!posting) continue;
      this.#spread(posting, counts);
      add(this.#weightOf(posting), (index) => bags.count(index, counts));
      for (const slot of posting.slots) counts[slot] = 0;
      if (pace.due) await pace.rest();
    }
    for (const pair of pairsOf(terms)) {
      const found = this.#pairCounts(pair);
      if (found.size === 0) continue;
      add(PAIR * this.#weight(found.size), (index) => found.get(slots[index] ?? -1) ?? 0);
      if (pace.due) await pace.rest();
    }
    return scores;
  }

  /** The `limit` slots whose own words score highest. */
  async best(terms: readonly string[], limit: number, pace: Pace): Promise<number[]> {
    const { postings, slots, lengths } = this.#partition;
    const mean = this.#selection.meanLength(false);
    const wanted = [...new Set(terms)].flatMap((term) => postings.of(term) ?? []);
    const scores = new Float32Array(slots.length);
    for (const posting of wanted) {
      this.#addScores(posting, lengths.values, mean, scores);
      if (pace.due) await pace.rest();
    }
    const top = new Top(limit);
    for (const posting of wanted) {
      for (const slot of posting.slots) {
        const score = scores[slot] ?? 0;
        if (score > 0) top.offer(slot, score);
        scores[slot] = 0;
      }
      if (pace.due) await pace.rest();
    }
    return top.list().map(({ row }) => row);
  }

  /** How many allowed slots have at least one of the terms. */
  countWith(terms: readonly string[]): number {
    const found = new Set<number>();
    for (const term of terms) {
      for (const slot of this.#partition.postings.of(term)?.slots ?? []) {
        if (this.#allowed[slot] === 1) found.add(slot);
      }
    }
    return found.size;
  }

  #addScores(posting: Posting, lengths: Int32Array, mean: number, scores: Float32Array): void {
    const weight = this.#weightOf(posting);
    const { slots, counts } = posting;
    const allowed = this.#allowed;
    for (let at = 0; at < slots.length; at++) {
      const slot = slots[at] ?? 0;
      if (allowed[slot] !== 1) continue;
      const times = counts[at] ?? 0;
      scores[slot] = (scores[slot] ?? 0) + (weight * times) / (times + normOf(lengths[slot] ?? 0, mean));
    }
  }

  #spread({ slots, counts }: Posting, into: Float32Array): void {
    const allowed = this.#allowed;
    for (let at = 0; at < slots.length; at++) {
      const slot = slots[at] ?? 0;
      if (allowed[slot] === 1) into[slot] = counts[at] ?? 0;
    }
  }

  /** How often the pair stands in each allowed slot, where it does. */
  #pairCounts([first, second]: readonly [string, string]): Map<number, number> {
    const found = new Map<number, number>();
    const { postings, slots } = this.#partition;
    const [a, b] = [postings.number(first), postings.number(second)];
    if (a === undefined || b === undefined) return found;
    for (const slot of common(postings.of(first)?.slots ?? [], postings.of(second)?.slots ?? [])) {
      if (this.#allowed[slot] !== 1) continue;
      const times = timesOfPair(slots[slot]?.terms ?? NOTHING, a, b);
      if (times > 0) found.set(slot, times);
    }
    return found;
  }

  #weightOf(posting: Posting | undefined): number {
    return this.#weight(posting ? this.#selection.frequency(posting) : 0);
  }

  /** Inverse document frequency, in the form that is never negative. */
  #weight(frequency: number): number {
    return Math.log(1 + (this.#selection.slots.length - frequency + 0.5) / (frequency + 0.5));
  }
}

function pairsOf(terms: readonly string[]): (readonly [string, string])[] {
  return terms.slice(1).map((term, index) => [terms[index] ?? "", term] as const);
}

/** What a count is compared with: higher for records longer than the mean. */
function normOf(length: number, mean: number): number {
  return K1 * (1 - B + (B * length) / mean);
}

/** The numbers in both of two rising lists. */
function common(left: readonly number[], right: readonly number[]): number[] {
  const both: number[] = [];
  for (let at = 0, other = 0; at < left.length && other < right.length; ) {
    const [a, b] = [left[at] ?? 0, right[other] ?? 0];
    if (a === b) both.push(a);
    if (a <= b) at++;
    if (b <= a) other++;
  }
  return both;
}

function timesOfPair(terms: Uint32Array, first: number, second: number): number {
  let times = 0;
  for (let at = 1; at < terms.length; at++) if (terms[at - 1] === first && terms[at] === second) times++;
  return times;
}
