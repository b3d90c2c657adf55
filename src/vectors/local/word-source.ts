import { Bags } from "./bags.ts";
import type { Pace } from "./pace.ts";
import type { Partition } from "./partition.ts";
import { type Places, placesAmong, placesInPartition } from "./places.ts";
import type { Posting } from "./postings.ts";
import { Segment } from "./segment.ts";
import { BLOCK_SLOTS, type WordBlock, wordsAt } from "./word-column.ts";

/** Where the words of selected slots are. What it gives out are places: numbers that stand for slots, in their order. */
export interface WordSource {
  readonly places: Places;
  /** Where a term occurs, given its number; places of slots that are not selected may be among them. */
  posting(term: number): Posting;
  /** The words at a place, in order. */
  wordsAt(place: number): Uint32Array;
  bags(slots: Uint32Array, context: boolean): Bags;
}

/** Those of a whole partition: a place is a slot. */
export function wordsOfAll(partition: Partition, allowed: Uint8Array): WordSource {
  const places = placesInPartition(partition, allowed);
  return {
    places,
    posting: (term) => partition.postings.of(term),
    wordsAt: (place) => partition.words.of(place),
    bags: (slots, context) => new Bags(partition, slots, places, context),
  };
}

/** A copy of the words of some slots: quicker to look through than those of all slots, when they are few of them. */
export async function wordsApart(partition: Partition, slots: Uint32Array, pace: Pace): Promise<WordSource> {
  const places = placesAmong(slots, partition);
  const blocks: WordBlock[] = [];
  const segments: Segment[] = [];
  for (let from = 0; from < slots.length; from += BLOCK_SLOTS) {
    const some = slots.subarray(from, from + BLOCK_SLOTS);
    const block = copyOf(partition, some);
    blocks.push(block);
    segments.push(new Segment(block, { first: 0, from, size: some.length }, partition.words.scratch));
    if (pace.due) await pace.rest();
  }
  return {
    places,
    posting: (term) => segments.map((segment) => segment.part(term)).filter((part) => part !== null),
    wordsAt: (place) => wordsAt(blocks[Math.floor(place / BLOCK_SLOTS)] as WordBlock, place % BLOCK_SLOTS),
    bags: (some, context) => new Bags(partition, some, places, context),
  };
}

function copyOf(partition: Partition, slots: Uint32Array): WordBlock {
  const [starts, ends] = [new Uint32Array(slots.length), new Uint32Array(slots.length)];
  let length = 0;
  slots.forEach((slot, place) => {
    starts[place] = length;
    length += partition.words.of(slot).length;
    ends[place] = length;
  });
  const words = new Uint32Array(length);
  slots.forEach((slot, place) => {
    words.set(partition.words.of(slot), starts[place]);
  });
  return { words, starts, ends };
}
