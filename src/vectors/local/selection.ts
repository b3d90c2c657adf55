import type { RowSelection } from "../kernel/matrix.ts";
import type { Bags, MeanLengths } from "./bags.ts";
import type { Partition } from "./partition.ts";
import { MOST_AMONG, type Posting } from "./postings.ts";
import { type WordSource, wordsOfAll, wordsOfSome } from "./word-source.ts";

/** Of fewer than one of so many slots only these are counted. */
const SMALL_PART = 8;

/** Of more rows so many from all over are candidates too, so that the lowest and the usual scores are known. */
const SAMPLE = 500;

/** What is known of a scope of which the slots are only a part. */
export interface ScopeStatistics {
  /** How many records it has. */
  readonly size: number;
  /** In how many of them each term of the question stands. */
  readonly frequencies: ReadonlyMap<string, number>;
  /** Mean number of words, those of neighbours left out and by their weight. */
  readonly meanLengths: MeanLengths;
}

/**
 * The slots that a scope and filter leave, and what searches find out about them: worked out once and kept for the next
 * search, as long as the partition stays as it is.
 */
export class Selection {
  readonly partition: Partition;
  /** In rising order. */
  readonly slots: Uint32Array;
  /** All slots when they are few, else some of them from all over: their mean length stands for all. */
  readonly sample: Uint32Array;
  /** Null: the slots are all there is. */
  readonly #statistics: ScopeStatistics | null;
  /** By the numbers of terms. */
  readonly #frequencies = new Map<number, number>();
  readonly #means = new Map<boolean, number>();
  #words: WordSource | null = null;
  #bags: Bags | null = null;
  #speakers: ReadonlySet<string> | null = null;
  #vectors: RowSelection | null = null;

  constructor(partition: Partition, slots: Uint32Array, statistics: ScopeStatistics | null = null) {
    this.partition = partition;
    this.#statistics = statistics;
    this.slots = slots;
    this.sample = slots.length <= partition.allUpTo ? slots : everyNth(slots, Math.min(SAMPLE, slots.length));
  }

  /** True when scoring every slot is quick. */
  get few(): boolean {
    return this.sample === this.slots;
  }

  /** Where the words are. */
  words(): WordSource {
    this.#words ??= this.#findWords();
    return this.#words;
  }

  /** Everybody who speaks in these slots. */
  get speakers(): ReadonlySet<string> {
    this.#speakers ??= this.#findSpeakers();
    return this.#speakers;
  }

  /** Numbers of the vectors of these slots, in their order. */
  get vectors(): RowSelection {
    this.#vectors ??= this.#findVectors();
    return this.#vectors;
  }

  /** How many records the scope has. */
  get size(): number {
    return this.#statistics?.size ?? this.slots.length;
  }

  /** In how many records of the scope a term of the question stands, when that is more than the slots tell. */
  knownFrequency(term: string): number | undefined {
    return this.#statistics?.frequencies.get(term);
  }

  /** In how many of the slots the term occurs, given where it occurs. */
  frequency(term: number, posting: Posting, allowed: Uint8Array): number {
    let frequency = this.#frequencies.get(term);
    if (frequency === undefined) {
      frequency = 0;
      for (const { from, slots } of posting) {
        for (let at = 0; at < slots.length; at++) if (allowed[from + (slots[at] ?? 0)] === 1) frequency++;
      }
      this.#frequencies.set(term, frequency);
    }
    return frequency;
  }

  /** The words of some of the slots; with `context`, those of their neighbours too. */
  bags(source: WordSource, slots: Uint32Array, context: boolean): Bags {
    if (slots !== this.slots || !context || source !== this.#words) return source.bags(slots, context);
    this.#bags ??= source.bags(slots, context);
    return this.#bags;
  }

  /** Mean length of the bags. */
  meanLength(source: WordSource, context: boolean): number {
    const known = this.#statistics?.meanLengths;
    if (known) return context ? known.inContext : known.own;
    let mean = this.#means.get(context);
    if (mean === undefined) {
      mean = this.bags(source, this.sample, context).meanLength;
      this.#means.set(context, mean);
    }
    return mean;
  }

  // The first time, `for … of` over a million slots takes several times as long as counting up to their number.
  #findSpeakers(): ReadonlySet<string> {
    const { speakers, speakerOf } = this.partition.traits;
    const numbers = speakerOf.values;
    const speaking = new Uint8Array(speakers.texts.length);
    const { slots } = this;
    for (let at = 0; at < slots.length; at++) {
      const speaker = numbers[slots[at] ?? 0] ?? -1;
      if (speaker >= 0) speaking[speaker] = 1;
    }
    return new Set(speakers.texts.filter((_, number) => speaking[number] === 1));
  }

  #findWords(): WordSource {
    const { length } = this.slots;
    return length <= MOST_AMONG && length * SMALL_PART < this.partition.length
      ? wordsOfSome(this.partition, this.slots)
      : wordsOfAll(this.partition, this.#findAllowed());
  }

  #findAllowed(): Uint8Array {
    const allowed = new Uint8Array(this.partition.length);
    const { slots } = this;
    for (let at = 0; at < slots.length; at++) allowed[slots[at] ?? 0] = 1;
    return allowed;
  }

  #findVectors(): RowSelection {
    const { slots } = this;
    const vectorOf = this.partition.vectorOf.values;
    const numbers = new Uint32Array(slots.length);
    let count = 0;
    for (let at = 0; at < slots.length; at++) {
      const number = vectorOf[slots[at] ?? 0] ?? -1;
      if (number >= 0) numbers[count++] = number;
    }
    // Vectors are numbered as their slots come, so a difference as large as their count leaves no gaps.
    const [from, to] = [numbers[0] ?? 0, (numbers[count - 1] ?? -1) + 1];
    return to - from === count ? { from, to } : numbers.slice(0, count);
  }
}

function everyNth(slots: Uint32Array, count: number): Uint32Array {
  return Uint32Array.from(
    { length: count },
    (_, index) => slots[Math.floor((index * slots.length) / count)] ?? 0,
  );
}
