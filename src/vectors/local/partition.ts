import { PackedFeatures } from "../../core/features.ts";
import type { IndexedRecord } from "../../core/recall-index.ts";
import { IntegerColumn } from "./column.ts";
import { Groups } from "./groups.ts";
import { Postings } from "./postings.ts";
import { SessionLinks } from "./session-links.ts";
import { SlotsById } from "./slots-by-id.ts";
import { TraitColumns } from "./trait-columns.ts";
import { VectorColumn } from "./vector-column.ts";
import { WordColumn } from "./word-column.ts";
import { Zeros } from "./zeros.ts";

export interface PartitionOptions {
  /** False: vectors are kept elsewhere. Default true. */
  readonly keepsVectors?: boolean;
  /** Up to so many selected rows all are candidates. Default 5000: scoring them takes some milliseconds. */
  readonly allUpTo?: number;
}

/**
 * The records of a tenant, or of one of its users, in memory. A change puts a record into a new slot and leaves the old one
 * dead, so whoever still reads old slots is not disturbed.
 */
export class Partition {
  readonly traits = new TraitColumns();
  readonly #rows = new IntegerColumn();
  readonly words = new WordColumn();
  readonly postings = new Postings(this.words);
  readonly vectors: VectorColumn;
  /** For each slot the number of its vector; -1 without one. */
  readonly vectorOf = new IntegerColumn();
  /** For each vector the slot it belongs to. */
  readonly slotOfVector = new IntegerColumn();
  /** For each slot the number of its words, which stays when it dies. */
  readonly lengths = new IntegerColumn();
  readonly links = new SessionLinks(this.traits, this.#rows);
  readonly groups = new Groups();
  /** To count with, a number for each slot. */
  readonly zeros = new Zeros();
  readonly allUpTo: number;
  readonly #keepsVectors: boolean;
  readonly #embedder: string;
  readonly #dimensions: number;
  /** The living slot of each id. */
  readonly #slotOfId = new SlotsById();
  /** The living slot of each row, once somebody has asked for one. */
  #slotOfRow: Map<number, number> | null = null;
  readonly #withoutVector = new Set<string>();

  constructor(
    embedder: { readonly id: string; readonly dimensions: number },
    { keepsVectors = true, allUpTo = 5_000 }: PartitionOptions = {},
  ) {
    this.#keepsVectors = keepsVectors;
    this.allUpTo = allUpTo;
    this.#embedder = embedder.id;
    this.#dimensions = embedder.dimensions;
    this.vectors = new VectorColumn(embedder.dimensions);
  }

  /** Number of slots, dead ones included. */
  get length(): number {
    return this.#rows.length;
  }

  /** Number of living records. */
  get size(): number {
    return this.#slotOfId.size;
  }

  /** Number of slots whose record is gone or has another slot. */
  get dead(): number {
    return this.length - this.size;
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
    return this.#slotOfId.has(id);
  }

  /** The slot of a living row. */
  slotOf(row: number): number | undefined {
    this.#slotOfRow ??= new Map(
      [...this.#slotOfId.slots()].map((slot) => [this.#rows.values[slot] ?? 0, slot]),
    );
    return this.#slotOfRow.get(row);
  }

  /** The slot of a living record. */
  slotOfId(id: string): number | undefined {
    return this.#slotOfId.get(id);
  }

  /** Puts a record with features of the present analyser into a new slot. */
  put({ row, id, entry }: IndexedRecord): void {
    this.remove(id);
    const slot = this.length;
    const { vector } = entry;
    const fits = vector !== null && entry.embedder === this.#embedder && vector.length === this.#dimensions;
    const features = new PackedFeatures(entry.features);
    this.#rows.push(row);
    this.traits.add(id, features);
    this.words.add(features);
    this.postings.added();
    this.lengths.push(features.count);
    const kept = fits && this.#keepsVectors;
    this.vectorOf.push(kept ? this.vectors.append(vector) : -1);
    if (kept) this.slotOfVector.push(slot);
    if (!fits) this.#withoutVector.add(id);
    this.groups.add(slot, features);
    this.links.add();
    this.#slotOfId.set(id, slot);
    this.#slotOfRow?.set(row, slot);
  }

  remove(id: string): void {
    const slot = this.#slotOfId.get(id);
    if (slot === undefined) return;
    this.#slotOfId.delete(id);
    this.#slotOfRow?.delete(this.#rows.values[slot] ?? 0);
    this.#withoutVector.delete(id);
    const vector = this.vectorOf.values[slot] ?? -1;
    if (vector >= 0) this.vectors.clear(vector);
    this.words.remove(slot);
    this.groups.remove(slot);
    this.links.remove(slot);
  }
}
