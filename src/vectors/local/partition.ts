import { unpackFeatures } from "../../core/features.ts";
import type { IndexedRecord, RecordTraits } from "../../core/recall-index.ts";
import { Column } from "./column.ts";
import { Groups } from "./groups.ts";
import { Postings } from "./postings.ts";
import { Selection } from "./selection.ts";
import { VectorColumn } from "./vector-column.ts";

/** Selections kept: for many users more would take more memory than time they save. */
const SELECTIONS = 4;

/**
 * The records of a tenant, or of one of its users, in memory. A change puts a record into a new slot and leaves the old one
 * dead, so whoever still reads old slots is not disturbed.
 */
export class Partition {
  /** For each slot what ranking wants to know of its record. */
  readonly traits: RecordTraits[] = [];
  readonly #rows = new Column();
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
  /** For each slot the one before it in its session, in the order the records were made; -1 for none. */
  readonly previous = new Column();
  /** For each slot the one after it in its session; -1 for none. */
  readonly next = new Column();
  readonly groups = new Groups();
  readonly #embedder: string;
  readonly #dimensions: number;
  readonly #slotOfRow = new Map<number, number>();
  readonly #rowOfId = new Map<string, number>();
  /** The last slot of each session. */
  readonly #sessions = new Map<string, number>();
  /** By the groups they consist of; only for the partition as it is now. */
  readonly #selections = new Map<string, Selection>();
  readonly #withoutVector = new Set<string>();
  readonly #speakerNumbers = new Map<string, number>();

  constructor(embedder: { readonly id: string; readonly dimensions: number }) {
    this.#embedder = embedder.id;
    this.#dimensions = embedder.dimensions;
    this.vectors = new VectorColumn(embedder.dimensions);
  }

  /** Number of slots, dead ones included. */
  get length(): number {
    return this.traits.length;
  }

  /** Number of living records. */
  get size(): number {
    return this.#slotOfRow.size;
  }

  /** Number of slots whose record is gone or has another slot. */
  get dead(): number {
    return this.length - this.#slotOfRow.size;
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

  /** The living slots of some groups. */
  select(groups: readonly number[]): Selection {
    const key = groups.join();
    const known = this.#selections.get(key);
    if (known) return known;
    const [oldest] = this.#selections.keys();
    if (oldest !== undefined && this.#selections.size >= SELECTIONS) this.#selections.delete(oldest);
    const selection = new Selection(this, this.groups.slotsOf(groups));
    this.#selections.set(key, selection);
    return selection;
  }

  /** Puts a record with features of the present analyser into a new slot. */
  put({ row, id, entry }: IndexedRecord): void {
    this.remove(id);
    this.#selections.clear();
    const slot = this.length;
    const { vector } = entry;
    const fits = vector !== null && entry.embedder === this.#embedder && vector.length === this.#dimensions;
    const { hashes, traits, group } = unpackFeatures(entry.features);
    this.postings.add(hashes);
    this.traits.push(this.#withOwnSession({ id, ...traits }));
    this.#rows.push(row);
    this.lengths.push(this.postings.termsOf(slot).length);
    this.speakerOf.push(traits.speaker === null ? -1 : this.#speakerNumber(traits.speaker));
    this.vectorOf.push(fits ? this.vectors.append(vector) : -1);
    if (fits) this.slotOfVector.push(slot);
    this.groups.add(slot, group);
    this.previous.push(-1);
    this.next.push(-1);
    this.#slotOfRow.set(row, slot);
    this.#rowOfId.set(id, row);
    if (!fits) this.#withoutVector.add(id);
    if (traits.session !== null) this.#enterSession(traits.session, slot);
  }

  remove(id: string): void {
    const row = this.#rowOfId.get(id);
    const number = row === undefined ? undefined : this.#slotOfRow.get(row);
    if (row === undefined || number === undefined) return;
    this.#rowOfId.delete(id);
    this.#slotOfRow.delete(row);
    this.#withoutVector.delete(id);
    const vector = this.vectorOf.values[number] ?? -1;
    if (vector >= 0) this.vectors.clear(vector);
    this.postings.remove(number);
    this.groups.remove(number);
    this.#selections.clear();
    const session = this.traits[number]?.session ?? null;
    if (session !== null) this.#leaveSession(session, number);
  }

  #speakerNumber(speaker: string): number {
    const known = this.#speakerNumbers.get(speaker);
    if (known !== undefined) return known;
    const number = this.speakers.push(speaker) - 1;
    this.#speakerNumbers.set(speaker, number);
    return number;
  }

  /** With the text that other records of the session have already: less memory, and quick to compare with theirs. */
  #withOwnSession(traits: RecordTraits): RecordTraits {
    const { session } = traits;
    const last = session === null ? undefined : this.#sessions.get(session);
    return last === undefined ? traits : { ...traits, session: this.traits[last]?.session ?? session };
  }

  #enterSession(session: string, slot: number): void {
    let after = -1;
    let before = this.#sessions.get(session) ?? -1;
    // Records mostly come in the order they were made, so its place is at or near the end.
    while (before >= 0 && this.#order(before, slot) > 0) {
      after = before;
      before = this.previous.values[before] ?? -1;
    }
    this.#link(before, slot);
    if (after >= 0) this.#link(slot, after);
    else this.#sessions.set(session, slot);
  }

  /** The slot keeps its own links, for who still reads it. */
  #leaveSession(session: string, slot: number): void {
    const before = this.previous.values[slot] ?? -1;
    const after = this.next.values[slot] ?? -1;
    this.#link(before, after);
    if (after >= 0) return;
    if (before >= 0) this.#sessions.set(session, before);
    else this.#sessions.delete(session);
  }

  #link(before: number, after: number): void {
    if (before >= 0) this.next.set(before, after);
    if (after >= 0) this.previous.set(after, before);
  }

  #order(left: number, right: number): number {
    const [a, b] = [this.traits[left], this.traits[right]];
    if (!a || !b) return 0;
    return a.createdAt - b.createdAt || (this.#rows.values[left] ?? 0) - (this.#rows.values[right] ?? 0);
  }
}
