import { Top } from "../kernel/top.ts";
import { normOf, PAIR, scoreOf, UTMOST, weightOf } from "./bm25.ts";
import type { Pace } from "./pace.ts";
import type { Posting } from "./postings.ts";
import type { PostingPart } from "./segment.ts";
import type { Selection } from "./selection.ts";
import type { WordSource } from "./word-source.ts";

/** A word of the question. */
interface Word {
  /** -1 when it stands nowhere. */
  readonly term: number;
  readonly posting: Posting;
  /** Inverse document frequency. */
  readonly weight: number;
}

/** Scores slots by the words of a question. What a word weighs depends on the selected slots alone. */
export class WordScorer {
  readonly #selection: Selection;
  readonly #source: WordSource;
  /** For each place of the source whether its slot is selected, as everything else that is counted here. */
  readonly #allowed: Uint8Array;
  /** Each word once. */
  readonly #words: readonly Word[];
  /** Words that stand side by side in the question. */
  readonly #pairs: readonly (readonly [Word, Word])[];

  /** @param terms of the question, in order, or their numbers */
  constructor(selection: Selection, terms: readonly (string | number)[]) {
    this.#selection = selection;
    this.#source = selection.words();
    this.#allowed = this.#source.places.allowed;
    const words = this.#find([...new Set(terms)]);
    this.#words = [...words.values()];
    this.#pairs = terms.slice(1).flatMap((term, index) => {
      const [first, second] = [words.get(terms[index] ?? ""), words.get(term)];
      return first && second && first.term >= 0 && second.term >= 0 ? [[first, second] as const] : [];
    });
  }

  #find<Term extends string | number>(terms: readonly Term[]): Map<string | number, Word> {
    const { table } = this.#selection.partition.words;
    const numbers = terms.map((term) => (typeof term === "number" ? term : (table.number(term) ?? -1)));
    const postings = this.#source.postings(numbers.filter((number) => number >= 0));
    let next = 0;
    return new Map(
      terms.map((term, index) => {
        const number = numbers[index] ?? -1;
        const posting = number < 0 ? [] : (postings[next++] ?? []);
        const known = typeof term === "string" ? this.#selection.knownFrequency(term) : undefined;
        const frequency =
          known ?? (number < 0 ? 0 : this.#selection.frequency(number, posting, this.#allowed));
        return [term, { term: number, posting, weight: this.#weight(frequency) }];
      }),
    );
  }

  /** What a perfect record would score: every word, without end. */
  get most(): number {
    return this.#words.reduce((sum, { weight }) => sum + weight, 0) * UTMOST;
  }

  /** BM25 of each of the slots; with `context`, of its neighbours' words too. */
  async score(slots: Uint32Array, context: boolean, pace: Pace): Promise<Float64Array> {
    const { places } = this.#source;
    const bags = this.#selection.bags(this.#source, slots, context);
    const mean = this.#selection.meanLength(this.#source, context);
    const norms = new Float64Array(slots.length);
    for (let index = 0; index < norms.length; index++) norms[index] = normOf(bags.lengths[index] ?? 0, mean);
    const scores = new Float64Array(slots.length);
    const add = (index: number, weight: number, times: number) => {
      scores[index] = (scores[index] ?? 0) + scoreOf(weight, times, norms[index] ?? 0);
    };
    const { zeros } = this.#selection.partition;
    const counts = zeros.take(Math.max(places.nowhere, this.#allowed.length) + 1);
    for (const { posting, weight } of this.#words) {
      for (const part of posting) this.#spread(part, counts);
      for (let index = 0; index < slots.length; index++) {
        const times = bags.count(index, counts);
        if (times > 0) add(index, weight, times);
      }
      for (const { from, slots } of posting)
        for (let at = 0; at < slots.length; at++) counts[from + (slots[at] ?? 0)] = 0;
      if (pace.due) await pace.rest();
    }
    zeros.giveBack(counts);
    for (const pair of this.#pairs) {
      const found = await this.#pairCounts(pair, pace);
      if (found.size === 0) continue;
      const weight = PAIR * this.#weight(found.size);
      for (let index = 0; index < slots.length; index++) {
        const times = found.get(places.of(slots[index] ?? -1));
        if (times !== undefined) add(index, weight, times);
      }
      if (pace.due) await pace.rest();
    }
    return scores;
  }

  /** The `limit` slots whose own words score highest. */
  async best(limit: number, pace: Pace): Promise<Uint32Array> {
    const mean = this.#selection.meanLength(this.#source, false);
    const { zeros } = this.#selection.partition;
    const scores = zeros.take(this.#allowed.length);
    for (const { posting, weight } of this.#words) {
      for (const part of posting) this.#addScores(part, weight, mean, scores);
      if (pace.due) await pace.rest();
    }
    const top = new Top(limit);
    for (const { posting } of this.#words) {
      for (const part of posting) offerOnce(part, scores, top);
      if (pace.due) await pace.rest();
    }
    zeros.giveBack(scores);
    const { places } = this.#source;
    return top.rows().map((place) => places.slotAt(place));
  }

  /** How many of the selected slots have at least one of the words. */
  get count(): number {
    const found = new Uint8Array(this.#allowed.length);
    let count = 0;
    for (const { posting } of this.#words) {
      for (const { from, slots } of posting) {
        for (const place of slots) {
          const slot = from + place;
          if (this.#allowed[slot] !== 1 || found[slot] === 1) continue;
          found[slot] = 1;
          count++;
        }
      }
    }
    return count;
  }

  #addScores({ from, slots, counts }: PostingPart, weight: number, mean: number, scores: Float32Array): void {
    const { lengths } = this.#source.places;
    const allowed = this.#allowed;
    for (let at = 0; at < slots.length; at++) {
      const slot = from + (slots[at] ?? 0);
      if (allowed[slot] !== 1) continue;
      const times = counts[at] ?? 0;
      scores[slot] = (scores[slot] ?? 0) + (weight * times) / (times + normOf(lengths[slot] ?? 0, mean));
    }
  }

  #spread({ from, slots, counts }: PostingPart, into: Float32Array): void {
    const allowed = this.#allowed;
    for (let at = 0; at < slots.length; at++) {
      const slot = from + (slots[at] ?? 0);
      if (allowed[slot] === 1) into[slot] = counts[at] ?? 0;
    }
  }

  /** How often the pair stands in each selected slot, where it does. */
  async #pairCounts([first, second]: readonly [Word, Word], pace: Pace): Promise<Map<number, number>> {
    const found = new Map<number, number>();
    let other = 0;
    for (const part of first.posting) {
      // Parts of all terms begin at the same slots.
      while ((second.posting[other]?.from ?? part.from) < part.from) other++;
      const same = second.posting[other];
      if (same?.from !== part.from) continue;
      for (const slot of common(part, same)) {
        if (this.#allowed[slot] !== 1) continue;
        const times = timesOfPair(this.#source.wordsAt(slot), first.term, second.term);
        if (times > 0) found.set(slot, times);
      }
      // Two frequent words stand together in very many records.
      if (pace.due) await pace.rest();
    }
    return found;
  }

  #weight(frequency: number): number {
    return weightOf(frequency, this.#selection.size);
  }
}

/** Offers the slots that have a score, and takes it away: a slot has several words, and is offered for one of them. */
function offerOnce({ from, slots }: PostingPart, scores: Float32Array, top: Top): void {
  for (let at = 0; at < slots.length; at++) {
    const slot = from + (slots[at] ?? 0);
    const score = scores[slot] ?? 0;
    if (score === 0) continue;
    if (score >= top.lowest) top.offer(slot, score);
    scores[slot] = 0;
  }
}

/** The slots in both parts, which begin at the same one. */
function common({ from, slots }: PostingPart, other: PostingPart): number[] {
  const both: number[] = [];
  let [at, otherAt] = [0, 0];
  while (at < slots.length && otherAt < other.slots.length) {
    const [ours, theirs] = [slots[at] ?? 0, other.slots[otherAt] ?? 0];
    if (ours === theirs) both.push(from + ours);
    if (ours <= theirs) at++;
    if (theirs <= ours) otherAt++;
  }
  return both;
}

function timesOfPair(terms: Uint32Array, first: number, second: number): number {
  let times = 0;
  for (let at = 1; at < terms.length; at++) if (terms[at - 1] === first && terms[at] === second) times++;
  return times;
}
