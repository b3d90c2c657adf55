import type { Partition } from "./partition.ts";
import { Selection } from "./selection.ts";

/** What is kept of selections is at most that of so many slots, or that of all slots twice. */
const KEPT = { slots: 50_000, times: 2, selections: 2_000 } as const;

/** Selections of a partition that further searches use again, as long as nothing in their groups changes. */
export class Selections {
  readonly partition: Partition;
  /** By the groups they consist of, with how often these had changed; the one made first is first. */
  readonly #kept = new Map<string, { readonly selection: Selection; readonly changes: number }>();
  /** Slots in all of them. */
  #slots = 0;

  constructor(partition: Partition) {
    this.partition = partition;
  }

  /** The living slots of some groups. */
  of(numbers: readonly number[]): Selection {
    const { groups } = this.partition;
    const key = numbers.join();
    const changes = groups.changesOf(numbers);
    const known = this.#kept.get(key);
    if (known?.changes === changes) return known.selection;
    this.#forget(key);
    const selection = new Selection(this.partition, groups.slotsOf(numbers));
    this.#kept.set(key, { selection, changes });
    this.#slots += selection.slots.length;
    this.#letGo();
    return selection;
  }

  /** Lets the selections go that were made first, except for the last one. */
  #letGo(): void {
    const most = Math.max(KEPT.slots, KEPT.times * this.partition.length);
    for (const key of this.#kept.keys()) {
      const fits = this.#slots <= most && this.#kept.size <= KEPT.selections;
      if (fits || this.#kept.size === 1) return;
      this.#forget(key);
    }
  }

  #forget(key: string): void {
    this.#slots -= this.#kept.get(key)?.selection.slots.length ?? 0;
    this.#kept.delete(key);
  }
}
