import type { PackedFeatures } from "../../core/features.ts";
import { IntegerColumn } from "./column.ts";
import { TermTable } from "./term-table.ts";

/** Slots of one block: a block is sorted at once, which takes some milliseconds. */
export const BLOCK_SLOTS = 2_048;

/** The words of slots that follow one another. */
export interface WordBlock {
  /** Terms by number, in the order of slots and words. */
  readonly words: Uint32Array;
  /** For each slot of the block where its words begin and end; both the same for a dead one. */
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
}

interface GrowingBlock extends WordBlock {
  words: Uint32Array;
}

/** For each slot its words as numbers of terms, in order. Blocks of flat memory, because growing one piece takes long. */
export class WordColumn {
  readonly table = new TermTable();
  readonly #blocks: GrowingBlock[] = [];
  readonly #scratch = new IntegerColumn();
  #length = 0;
  /** Words in the last block. */
  #used = 0;

  /** Number of slots. */
  get length(): number {
    return this.#length;
  }

  /** Adds the words of the next slot. */
  add({ view, hashesAt, count }: PackedFeatures): void {
    const place = this.#length % BLOCK_SLOTS;
    if (place === 0) this.#begin();
    const block = this.#blocks.at(-1) as GrowingBlock;
    if (this.#used + count > block.words.length) this.#widen(block, this.#used + count);
    this.table.numbersOf(view, hashesAt, count, block.words, this.#used);
    block.starts[place] = this.#used;
    this.#used += count;
    block.ends[place] = this.#used;
    this.#length++;
  }

  /** Forgets the words of a slot. */
  remove(slot: number): void {
    const { starts, ends } = this.blockOf(slot);
    ends[slot % BLOCK_SLOTS] = starts[slot % BLOCK_SLOTS] ?? 0;
  }

  /** The words of a slot; none once it is dead. */
  of(slot: number): Uint32Array {
    return wordsAt(this.blockOf(slot), slot % BLOCK_SLOTS);
  }

  /** For each term a 0 to count with; to be used at once, and to be all 0 again afterwards. */
  get scratch(): Int32Array {
    while (this.#scratch.length < this.table.size) this.#scratch.push(0);
    return this.#scratch.values;
  }

  /** The block that a slot is in: its place there is the remainder of `BLOCK_SLOTS`. */
  blockOf(slot: number): WordBlock {
    const block = this.#blocks[Math.floor(slot / BLOCK_SLOTS)];
    if (!block) throw new RangeError(`There is no slot ${slot}`);
    return block;
  }

  #begin(): void {
    const last = this.#blocks.at(-1);
    // The room that the last block grew in is taken over: new room for every block keeps the garbage collector busy.
    const words = last?.words ?? new Uint32Array(256);
    if (last) last.words = words.slice(0, this.#used);
    this.#used = 0;
    const [starts, ends] = [new Uint32Array(BLOCK_SLOTS), new Uint32Array(BLOCK_SLOTS)];
    this.#blocks.push({ words, starts, ends });
  }

  #widen(block: GrowingBlock, least: number): void {
    const wider = new Uint32Array(Math.max(least, block.words.length * 2));
    wider.set(block.words.subarray(0, this.#used));
    block.words = wider;
  }
}

/** The words of a slot, by its place in its block. */
function wordsAt({ words, starts, ends }: WordBlock, place: number): Uint32Array {
  return words.subarray(starts[place], ends[place]);
}
