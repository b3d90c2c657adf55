import type { RecallViewRequest } from "../../core/recall-index.ts";
import { Top } from "../kernel/top.ts";
import type { Meaning } from "../local/meaning.ts";
import type { Pace } from "../local/pace.ts";
import type { Selection } from "../local/selection.ts";
import type { FollowedIndex } from "./followed-index.ts";
import type { StoredVectors } from "./stored-vectors.ts";

/** How many hits are asked for: more than are wanted, because the filter may leave some of them out. */
const FIRST = 1.5;
const FACTOR = 4;

/** Up to so many rows are compared one by one when a filter leaves out nearly all that an index can give. */
const COMPARED_UP_TO = 20_000;

/** Finds by a vector index, and compares by the vectors that the store keeps. */
export function meaningElsewhere(
  followed: FollowedIndex,
  stored: StoredVectors,
  selection: Selection,
  request: RecallViewRequest,
): Meaning {
  const { partition } = selection;
  const { scope, filter, now, signal } = request;
  const { tenant, ...labels } = scope;

  return {
    async nearest(vector, count, pace) {
      if (vector.every((value) => value === 0)) return [];
      const { most } = followed.index;
      for (let limit = Math.ceil(count * FIRST); ; limit *= FACTOR) {
        const query = { vector, scope: labels, filter, now, ...(signal && { signal }) };
        const hits = await followed.search(tenant, { ...query, limit: Math.min(limit, most) });
        const slots = slotsOf(hits.map(({ id }) => id));
        if (slots.length >= count || hits.length < Math.min(limit, most)) return slots.slice(0, count);
        if (limit < most) continue;
        return selection.slots.length <= COMPARED_UP_TO ? compared(vector, count, pace) : slots;
      }
    },
    async cosines(slots, queries, pace) {
      return stored.cosines(tenant, traitsOf(slots), queries, pace);
    },
  };

  /** The slots of those that the filter leaves. What is not there any more, or came later, has none. */
  function slotsOf(ids: readonly string[]): number[] {
    return ids.flatMap((id) => {
      const slot = partition.slotOfId(id);
      return slot !== undefined && contains(selection.slots, slot) ? [slot] : [];
    });
  }

  async function compared(vector: Float32Array, count: number, pace: Pace): Promise<number[]> {
    const [cosines] = await stored.cosines(tenant, traitsOf(selection.slots), [vector], pace);
    const top = new Top(count);
    selection.slots.forEach((slot, at) => {
      top.offer(slot, cosines?.[at] ?? 0);
    });
    return top.list().map(({ row }) => row);
  }

  function traitsOf(slots: Uint32Array) {
    return Array.from(slots, (slot) => partition.traits.at(slot));
  }
}

/** Looks for a value among rising ones. */
function contains(values: Uint32Array, value: number): boolean {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return values[low] === value;
}
