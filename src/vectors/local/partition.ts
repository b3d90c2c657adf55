import type { IndexEntry, RecordTraits } from "../../core/recall-index.ts";
import { Column } from "./column.ts";
import { Postings } from "./postings.ts";
import { VectorColumn } from "./vector-column.ts";

/** One record in a partition. */
export interface Slot {
  readonly row: number;
  readonly traits: RecordTraits;
  /** Numbers of its terms, in order; empty once it is dead. */
  terms: Uint32Array;
}

export interface PartitionRow {
  readonly row: number;
  readonly traits: RecordTraits;
  readonly entry: IndexEntry;
}

const NOTHING = new Uint32Array(0);

/**
 * The records of a tenant, or of one of its users, in memory. A change puts a record into a new slot and leaves the old one
 * dead, so whoever still reads old slots is not disturbed.
 */
export class Partition {
  readonly slots: Slot[] = [];
  readonly postings = new Postings();
  readonly vectors: VectorColumn;
  /** For each slot the number of its vector; -1 without one. */
  readonly vectorOf = new Column();
  /** For each vector the slot it belongs to. */
  readonly slotOfVector = new Column();
  /** Everybody who ever spoke in a slot. */
  readonly speakers: string[] = [];
  /** For each slot the place of its speaker in `speakers`; -1 for nobody. */
  readonly speakerOf = new Column();
  /** For each slot the number of its terms. */
  readonly lengths = new Column();
  readonly #embedder: string;
  readonly #dimensions: number;
  readonly #slotOfRow = new Map<number, number>();
  readonly #rowOfId = new Map<string, number>();
  /** Slots of each session, in the order the records were made. */
  readonly #sessions = new Map<string, number[]>();
  readonly #withoutVector = new Set<string>();
  readonly #speakerNumbers = new Map<string, number>();

  constructor(embedder: { readonly id: string; readonly dimensions: number }) {
    this.#embedder = embedder.id;
    this.#dimensions = embedder.dimensions;
    this.vectors = new VectorColumn(embedder.dimensions);
  }

  /** Number of living records. */
  get size(): number {
    return this.#slotOfRow.size;
  }

  /** Number of slots whose record is gone or has another slot. */
  get dead(): number {
    return this.slots.length - this.#slotOfRow.size;
  }

  /** Ids of records that wait for a vector of this embedder, the longest waiting first. */
  get withoutVector(): ReadonlySet<string> {
    return this.#withoutVector;
  }

  /** Puts a record that still has no vector at the end of those that wait. */
  waitAgain(id: string): void {
    if (this.#withoutVector.delete(id)) this.#withoutVector.add(id);
  }

  has(id: string): boolean {
    return this.#rowOfId.has(id);
  }

  /** The slot of a living row. */
  slotOf(row: number): number | undefined {
    return this.#slotOfRow.get(row);
  }

  put({ row, traits, entry }: PartitionRow): void {
    this.remove(traits.id);
    const slot = this.slots.length;
    const { vector } = entry;
    const fits = vector !== null && entry.embedder === this.#embedder && vector.length === this.#dimensions;
    const terms = this.postings.add(slot, entry.terms === "" ? [] : entry.terms.split(" "));
    this.slots.push({ row, traits, terms });
    this.lengths.push(terms.length);
    this.speakerOf.push(traits.speaker === null ? -1 : this.#speakerNumber(traits.speaker));
    this.vectorOf.push(fits ? this.vectors.append(vector) : -1);
    if (fits) this.slotOfVector.push(slot);
    this.#slotOfRow.set(row, slot);
    this.#rowOfId.set(traits.id, row);
    if (!fits) this.#withoutVector.add(traits.id);
    if (traits.session !== null) this.#enterSession(traits.session, slot);
  }

  remove(id: string): void {
    const row = this.#rowOfId.get(id);
    const number = row === undefined ? undefined : this.#slotOfRow.get(row);
    const slot = number === undefined ? undefined : this.slots[number];
    if (row === undefined || number === undefined || !slot) return;
    this.#rowOfId.delete(id);
    this.#slotOfRow.delete(row);
    this.#withoutVector.delete(id);
    const vector = this.vectorOf.values[number] ?? -1;
    if (vector >= 0) this.vectors.clear(vector);
    slot.terms = NOTHING;
    const { session } = slot.traits;
    const members = session === null ? undefined : this.#sessions.get(session);
    if (session === null || !members) return;
    members.splice(members.indexOf(number), 1);
    if (members.length === 0) this.#sessions.delete(session);
  }

  /** Slots of the session, in the order the records were made. */
  session(key: string): readonly number[] {
    return this.#sessions.get(key) ?? [];
  }

  #speakerNumber(speaker: string): number {
    const known = this.#speakerNumbers.get(speaker);
    if (known !== undefined) return known;
    const number = this.speakers.push(speaker) - 1;
    this.#speakerNumbers.set(speaker, number);
    return number;
  }

  #enterSession(session: string, slot: number): void {
    const members = this.#sessions.get(session);
    if (!members) {
      this.#sessions.set(session, [slot]);
      return;
    }
    let place = members.length;
    while (place > 0 && this.#order(members[place - 1], slot) > 0) place--;
    members.splice(place, 0, slot);
  }

  #order(left: number | undefined, right: number): number {
    const [a, b] = [this.slots[left ?? -1], this.slots[right]];
    if (!a || !b) return 0;
    return a.traits.createdAt - b.traits.createdAt || a.row - b.row;
  }
}
