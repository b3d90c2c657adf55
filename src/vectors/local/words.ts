import { Top } from "../kernel/top.ts";
import { Neighbours } from "./neighbours.ts";
import type { Pace } from "./pace.ts";
import type { Partition } from "./partition.ts";
import type { Posting } from "./postings.ts";

/** BM25 as Robertson and others gave it, with the usual constants. */
const K1 = 1.2;
const B = 0.75;

/**
 * How much the words of neighbours count for a record, before they are damped: the turn before it (often the question that
 * it answers), the one before that, and the next. A record of `HALF` words takes half of it: the shorter a turn, the more it
 * takes its meaning from what stands around it.
 */
const CONTEXT = { previous: 2, second: 0.6, next: 0.5 } as const;
const HALF = 30;

/** Weight of two words of the question that stand side by side in the record, as if they were one more word. */
const PAIR = 0.3;

/** Words of a record and its neighbours, as they count. */
interface Bag {
  readonly slot: number;
  readonly previous: number;
  readonly second: number;
  readonly next: number;
  readonly damping: number;
  length: number;
}

/** Scores slots by the words of a question; what a word weighs depends on the allowed slots alone. */
export class WordScorer {
  readonly #partition: Partition;
  readonly #allowed: Uint8Array;
  readonly #count: number;
  readonly #sample: Uint32Array;

  /**
   * @param allowed 1 for each slot that counts
   * @param count how many these are
   * @param sample some of them whose mean length stands for all
   */
  constructor(partition: Partition, allowed: Uint8Array, count: number, sample: Uint32Array) {
    this.#partition = partition;
    this.#allowed = allowed;
    this.#count = count;
    this.#sample = sample;
  }

  /** What a perfect record would score: every word, without end. */
  most(terms: readonly string[]): number {
    let sum = 0;
    for (const term of new Set(terms))
      sum += this.#weight(this.#frequency(this.#partition.postings.of(term)));
    return sum * (K1 + 1);
  }

  /** BM25 of each of the slots; with `context`, of its neighbours' words too. */
  async score(
    slots: Uint32Array,
    terms: readonly string[],
    context: boolean,
    pace: Pace,
  ): Promise<Float64Array> {
    const bags = this.#bags(slots, context);
    const mean = meanLength(slots === this.#sample ? bags : this.#bags(this.#sample, context));
    const norms = Float64Array.from(bags, ({ length }) => normOf(length, mean));
    const scores = new Float64Array(slots.length);
    const counts = new Float32Array(this.#partition.slots.length);
    const add = (weight: number, count: (bag: Bag) => number) => {
      bags.forEach((bag, index) => {
        const times = count(bag);
        if (times > 0)
          scores[index] = (scores[index] ?? 0) + (weight * times * (K1 + 1)) / (times + (norms[index] ?? 0));
      });
    };
    for (const term of new Set(terms)) {
      const posting = this.#partition.postings.of(term);
      if (!posting) continue;
      this.#spread(posting, counts);
      add(this.#weight(this.#frequency(posting)), ({ slot, previous, second, next, damping }) => {
        const own = counts[slot] ?? 0;
        if (damping === 0) return own;
        const around =
          CONTEXT.previous * (counts[previous] ?? 0) +
          CONTEXT.second * (counts[second] ?? 0) +
          CONTEXT.next * (counts[next] ?? 0);
        return own + damping * around;
      });
      for (const slot of posting.slots) counts[slot] = 0;
      await pace.rest();
    }
    for (const pair of pairsOf(terms)) {
      const found = this.#pairCounts(pair);
      if (found.size > 0) add(PAIR * this.#weight(found.size), ({ slot }) => found.get(slot) ?? 0);
      await pace.rest();
    }
    return scores;
  }

  /** The `limit` slots whose own words score highest. */
  async best(terms: readonly string[], limit: number, pace: Pace): Promise<number[]> {
    const { postings, slots } = this.#partition;
    const lengthOf = (slot: number) => slots[slot]?.terms.length ?? 0;
    const wanted = [...new Set(terms)].flatMap((term) => postings.of(term) ?? []);
    const scores = new Float32Array(slots.length);
    const mean = meanLength(this.#bags(this.#sample, false));
    for (const posting of wanted) {
      const weight = this.#weight(this.#frequency(posting));
      posting.slots.forEach((slot, index) => {
        if (this.#allowed[slot] !== 1) return;
        const times = posting.counts[index] ?? 0;
        const norm = normOf(lengthOf(slot), mean);
        scores[slot] = (scores[slot] ?? 0) + (weight * times) / (times + norm);
      });
      await pace.rest();
    }
    const top = new Top(limit);
    for (const posting of wanted) {
      for (const slot of posting.slots) {
        const score = scores[slot] ?? 0;
        if (score > 0) top.offer(slot, score);
        scores[slot] = 0;
      }
      await pace.rest();
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

  #bags(slots: Uint32Array, context: boolean): Bag[] {
    const { slots: all } = this.#partition;
    const neighbours = context ? new Neighbours(this.#partition, slots, this.#allowed) : null;
    const lengthOf = (slot: number) => all[slot]?.terms.length ?? 0;
    return Array.from(slots, (slot): Bag => {
      const own = lengthOf(slot);
      const previous = neighbours?.previous(slot) ?? -1;
      const second = neighbours?.previous(previous) ?? -1;
      const next = neighbours?.next(slot) ?? -1;
      const alone = previous < 0 && next < 0;
      const damping = alone ? 0 : 1 / (1 + own / HALF);
      const around =
        CONTEXT.previous * lengthOf(previous) +
        CONTEXT.second * lengthOf(second) +
        CONTEXT.next * lengthOf(next);
      return { slot, previous, second, next, damping, length: own + damping * around };
    });
  }

  #spread({ slots, counts }: Posting, into: Float32Array): void {
    slots.forEach((slot, index) => {
      if (this.#allowed[slot] === 1) into[slot] = counts[index] ?? 0;
    });
  }

  /** How often the pair stands in each allowed slot, where it does. */
  #pairCounts([first, second]: readonly [string, string]): Map<number, number> {
    const found = new Map<number, number>();
    const { postings, slots } = this.#partition;
    const [a, b] = [postings.number(first), postings.number(second)];
    if (a === undefined || b === undefined) return found;
    for (const slot of postings.of(first)?.slots ?? []) {
      if (this.#allowed[slot] !== 1) continue;
      const terms = slots[slot]?.terms ?? new Uint32Array(0);
      let times = 0;
      for (let at = 1; at < terms.length; at++) if (terms[at - 1] === a && terms[at] === b) times++;
      if (times > 0) found.set(slot, times);
    }
    return found;
  }

  #frequency(posting: Posting | undefined): number {
    let frequency = 0;
    for (const slot of posting?.slots ?? []) if (this.#allowed[slot] === 1) frequency++;
    return frequency;
  }

  /** Inverse document frequency, in the form that is never negative. */
  #weight(frequency: number): number {
    return Math.log(1 + (this.#count - frequency + 0.5) / (frequency + 0.5));
  }
}

function pairsOf(terms: readonly string[]): (readonly [string, string])[] {
  return terms.slice(1).map((term, index) => [terms[index] ?? "", term] as const);
}

function meanLength(bags: readonly Bag[]): number {
  return bags.reduce((sum, { length }) => sum + length, 0) / (bags.length || 1) || 1;
}

/** What a count is compared with: higher for records longer than the mean. */
function normOf(length: number, mean: number): number {
  return K1 * (1 - B + (B * length) / mean);
}
