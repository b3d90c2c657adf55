import type { Pace } from "./pace.ts";
import type { Partition } from "./partition.ts";
import type { Selection } from "./selection.ts";

/** Finds and compares the vectors of selected slots, wherever they are kept. */
export interface Meaning {
  /** The `count` slots whose vectors are nearest. */
  nearest(vector: Float32Array, count: number, pace: Pace): Promise<ArrayLike<number>>;
  /** Cosines of the slots with each of the queries; 0 without a vector. */
  cosines(slots: Uint32Array, queries: readonly Float32Array[], pace: Pace): Promise<Float32Array[]>;
}

/** By the vectors that the partition keeps itself. */
export function meaningInMemory(selection: Selection): Meaning {
  const { partition } = selection;
  return {
    async nearest(vector, count, pace) {
      const found = await partition.vectors.nearest(vector, selection.vectors, count, pace);
      return found.map((number) => partition.slotOfVector.values[number] ?? 0);
    },
    async cosines(slots, queries) {
      return cosinesOf(partition, slots, queries);
    },
  };
}

// A loop, because it runs over thousands of slots in every search: `from` and `map` with a function take several times as long.
function cosinesOf(
  { vectorOf, vectors }: Partition,
  slots: Uint32Array,
  queries: readonly Float32Array[],
): Float32Array[] {
  const numbers = new Uint32Array(slots.length);
  const places = new Uint32Array(slots.length);
  let count = 0;
  for (let place = 0; place < slots.length; place++) {
    const number = vectorOf.values[slots[place] ?? 0] ?? -1;
    if (number < 0) continue;
    numbers[count] = number;
    places[count++] = place;
  }
  return queries.map((query) => {
    const exact = vectors.cosines(query, numbers.subarray(0, count));
    if (count === slots.length) return exact;
    const spread = new Float32Array(slots.length);
    for (let at = 0; at < count; at++) spread[places[at] ?? 0] = exact[at] ?? 0;
    return spread;
  });
}
