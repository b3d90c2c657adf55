import { Bags } from "./bags.ts";
import type { Partition } from "./partition.ts";
import { type Places, placesAmong, placesInPartition } from "./places.ts";
import type { Posting } from "./postings.ts";

/** Where the words of selected slots are. What it gives out are places: numbers that stand for slots, in their order. */
export interface WordSource {
  readonly places: Places;
  /** Where each of the terms occurs, given their numbers; places of slots that are not selected may be among them. */
  postings(terms: readonly number[]): readonly Posting[];
  /** The words at a place, in order. */
  wordsAt(place: number): Uint32Array;
  bags(slots: Uint32Array, context: boolean): Bags;
}

/** Those of a whole partition: a place is a slot. */
export function wordsOfAll(partition: Partition, allowed: Uint8Array): WordSource {
  const places = placesInPartition(partition, allowed);
  return {
    places,
    postings: (terms) => terms.map((term) => partition.postings.of(term)),
    wordsAt: (place) => partition.words.of(place),
    bags: (slots, context) => new Bags(partition, slots, places, context),
  };
}

/** Those of some slots among many, numbered in their order: what is counted is no more than these. */
export function wordsOfSome(partition: Partition, slots: Uint32Array): WordSource {
  const places = placesAmong(slots, partition);
  return {
    places,
    postings: (terms) => partition.postings.among(slots, terms),
    wordsAt: (place) => partition.words.of(slots[place] ?? 0),
    bags: (some, context) => new Bags(partition, some, places, context),
  };
}
