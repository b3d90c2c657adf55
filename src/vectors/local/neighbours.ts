import type { Partition } from "./partition.ts";

/** What stands beside slots in their sessions, among the allowed ones; -1 for nothing. */
export interface Neighbours {
  readonly previous: Int32Array;
  readonly next: Int32Array;
}

/** Finds the neighbours of every slot in the sessions of `slots`. */
export function neighboursOf(partition: Partition, slots: Iterable<number>, allowed: Uint8Array): Neighbours {
  const previous = new Int32Array(partition.slots.length).fill(-1);
  const next = new Int32Array(partition.slots.length).fill(-1);
  const done = new Set<readonly number[]>();
  for (const slot of slots) {
    const session = partition.slots[slot]?.traits.session ?? null;
    const members = session === null ? null : partition.session(session);
    if (members === null || done.has(members)) continue;
    done.add(members);
    let before = -1;
    for (const member of members) {
      if (allowed[member] !== 1) continue;
      previous[member] = before;
      if (before >= 0) next[before] = member;
      before = member;
    }
  }
  return { previous, next };
}
