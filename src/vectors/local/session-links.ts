import { IntegerColumn } from "./column.ts";
import type { TraitColumns } from "./trait-columns.ts";

/** For each slot its neighbours in its session, in the order the records were made. */
export class SessionLinks {
  /** The slot before it; -1 for none. */
  readonly previous = new IntegerColumn();
  /** The slot after it; -1 for none. */
  readonly next = new IntegerColumn();
  readonly #traits: TraitColumns;
  /** The store's row numbers: records made at one time are in the order of these. */
  readonly #rows: IntegerColumn;
  /** For each session its last slot; -1 when it has none. */
  readonly #last = new IntegerColumn();

  constructor(traits: TraitColumns, rows: IntegerColumn) {
    this.#traits = traits;
    this.#rows = rows;
  }

  /** Links the next slot. */
  add(): void {
    const slot = this.previous.length;
    this.previous.push(-1);
    this.next.push(-1);
    const session = this.#sessionOf(slot);
    if (session < 0) return;
    while (this.#last.length <= session) this.#last.push(-1);
    let after = -1;
    let before = this.#last.values[session] ?? -1;
    // Records mostly come in the order they were made, so its place is at or near the end.
    while (before >= 0 && this.#order(before, slot) > 0) {
      after = before;
      before = this.previous.values[before] ?? -1;
    }
    this.#link(before, slot);
    if (after >= 0) this.#link(slot, after);
    else this.#last.set(session, slot);
  }

  /** Links those beside a slot with each other. The slot keeps its own links, for who still reads it. */
  remove(slot: number): void {
    const session = this.#sessionOf(slot);
    if (session < 0) return;
    const before = this.previous.values[slot] ?? -1;
    const after = this.next.values[slot] ?? -1;
    this.#link(before, after);
    if (after < 0) this.#last.set(session, before);
  }

  #sessionOf(slot: number): number {
    return this.#traits.sessionOf.values[slot] ?? -1;
  }

  #link(before: number, after: number): void {
    if (before >= 0) this.next.set(before, after);
    if (after >= 0) this.previous.set(after, before);
  }

  #order(left: number, right: number): number {
    const { values } = this.#traits.createdAt;
    return (
      (values[left] ?? 0) - (values[right] ?? 0) ||
      (this.#rows.values[left] ?? 0) - (this.#rows.values[right] ?? 0)
    );
  }
}
