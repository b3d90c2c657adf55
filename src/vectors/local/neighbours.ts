import type { Partition } from "./partition.ts";

/** For each slot, what stands beside it in its session among the allowed slots; -1 for nothing. */
export class Neighbours {
  readonly #next = new Map<number, number>();
  readonly #previous = new Map<number, number>();

  /** Finds the neighbours in all sessions of `slots`. */
  constructor(partition: Partition, slots: Iterable<number>, allowed: Uint8Array) {
    const done = new Set<string>();
    for (const slot of slots) {
      const session = partition.slots[slot]?.traits.session ?? null;
      if (session === null || done.has(session)) continue;
      done.add(session);
      let previous = -1;
      for (const member of partition.session(session)) {
        if (allowed[member] !== 1) continue;
        if (previous >= 0) {
          this.#next.set(previous, member);
          this.#previous.set(member, previous);
        }
        previous = member;
      }
    }
  }

  previous(slot: number): number {
    return this.#previous.get(slot) ?? -1;
  }

  next(slot: number): number {
    return this.#next.get(slot) ?? -1;
  }
}
