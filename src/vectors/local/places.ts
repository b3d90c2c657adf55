import type { Partition } from "./partition.ts";
import { firstNotBelow } from "./rising.ts";

/** Where numbers that belong to slots are looked up. */
export interface Places {
  /** 1 for each place of a slot that is selected; places that come later lie beyond its end. */
  readonly allowed: Uint8Array;
  /** Beyond all others: for a slot that is not there. */
  readonly nowhere: number;
  /** The place of a slot; -1 when it does not belong to the selected ones. */
  of(slot: number): number;
  slotAt(place: number): number;
  /** For each place the number of words of its slot. */
  readonly lengths: Int32Array;
}

/** Numbers for every slot of the partition. */
export function placesInPartition(partition: Partition, allowed: Uint8Array): Places {
  return {
    allowed,
    nowhere: partition.length,
    of: (slot) => (allowed[slot] === 1 ? slot : -1),
    slotAt: (place) => place,
    lengths: partition.lengths.values,
  };
}

/** Numbers for the selected slots alone, in their order. */
export function placesAmong(slots: Uint32Array, partition: Partition): Places {
  const lengths = new Int32Array(slots.length + 1);
  const all = partition.lengths.values;
  for (let place = 0; place < slots.length; place++) lengths[place] = all[slots[place] ?? 0] ?? 0;
  let near = 0;
  return {
    allowed: new Uint8Array(slots.length).fill(1),
    nowhere: slots.length,
    of: (slot) => {
      // Who asks for one slot after another asks for those beside it, in rising order.
      near = firstNotBelow(slots, slot, near);
      return slots[near] === slot ? near : -1;
    },
    slotAt: (place) => slots[place] ?? -1,
    lengths,
  };
}
