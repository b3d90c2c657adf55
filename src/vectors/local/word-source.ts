import { Bags } from "./bags.ts";
import type { Partition } from "./partition.ts";
import { type Places, placesAmong, placesInPartition } from "./places.ts";
import type { Posting } from "./postings.ts";
import { Segment } from "./segment.ts";
import { type WordBlock, wordsAt } from "./word-column.ts";

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
export function wordsApart(partition: Partition, slots: Uint32Array): WordSource {
  const places = placesAmong(slots, partition);
  const block = copyOf(partition, slots);
  const segment = new Segment(block, { first: 0, from: 0, size: slots.length }, partition.words.scratch);
  return {
    places,
    posting(term) {
      const part = segment.part(term);
      return part ? [part] : [];
    },
    wordsAt: (place) => wordsAt(block, place),
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
