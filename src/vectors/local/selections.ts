import type { Partition } from "./partition.ts";
import { Selection } from "./selection.ts";

/** What is kept of selections is at most that of so many slots, or that of all slots twice. */
const KEPT = { slots: 50_000, times: 2, selections: 2_000 } as const;

/** Selections of a partition that further searches use again, as long as nothing in it changes. */
export class Selections {
  readonly partition: Partition;
  /** By the groups they consist of; the one made first is first. */
  readonly #selections = new Map<string, Selection>();
  /** Slots in all of them. */
  #slots = 0;
  /** The partition's number of changes when they were made. */
  #changes = 0;

  constructor(partition: Partition) {
    this.partition = partition;
  }

  /** The living slots of some groups. */
  of(groups: readonly number[]): Selection {
    this.#forgetOld();
    const key = groups.join();
    const known = this.#selections.get(key);
    if (known) return known;
    const selection = new Selection(this.partition, this.partition.groups.slotsOf(groups));
    this.#selections.set(key, selection);
    this.#slots += selection.slots.length;
    this.#letGo();
    return selection;
  }

  #forgetOld(): void {
    if (this.#changes === this.partition.changes) return;
    this.#selections.clear();
    this.#slots = 0;
    this.#changes = this.partition.changes;
  }

  /** Lets the selections go that were made first, except for the last one. */
  #letGo(): void {
    const most = Math.max(KEPT.slots, KEPT.times * this.partition.length);
    for (const [key, { slots }] of this.#selections) {
      const fits = this.#slots <= most && this.#selections.size <= KEPT.selections;
      if (fits || this.#selections.size === 1) return;
      this.#selections.delete(key);
      this.#slots -= slots.length;
    }
  }
}
