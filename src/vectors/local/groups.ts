import { GROUP_FIELDS, type GroupFields, type PackedFeatures, readGroup } from "../../core/features.ts";
import { matches } from "../../core/filter/evaluate.ts";
import type { FilterNode } from "../../core/filter/filter.ts";
import type { MemoryRecord } from "../../core/record.ts";
import { type Instant, instantKey } from "../../core/time.ts";
import { IntegerColumn } from "./column.ts";
import { TextTable } from "./text-table.ts";

const KNOWN: ReadonlySet<string> = new Set(GROUP_FIELDS);

/** With more groups asking the store is quicker, which has indexes. */
const MOST_GROUPS = 2_000;

interface Group {
  readonly fields: GroupFields;
  /** Its slots in rising order, dead ones included. */
  readonly members: IntegerColumn;
  /** How often a slot came or died. */
  changes: number;
}

/**
 * Slots of records that agree in all that most filters ask for. Such a filter is evaluated once for each group, so that the
 * store need not list a hundred thousand rows for every recall.
 */
export class Groups {
  readonly #table = new TextTable();
  /** By their numbers in the table. */
  readonly #groups: Group[] = [];
  readonly #all: number[] = [];
  readonly #ofUser = new Map<string | null, number[]>();
  /** For each slot its group; -1 once it is dead. */
  readonly #groupOf = new IntegerColumn();

  /** Slots are added in rising order, each one. */
  add(slot: number, features: PackedFeatures): void {
    const { bytes, groupAt } = features;
    const number = this.#table.number(bytes, groupAt, bytes.length);
    if (number === this.#groups.length) this.#begin(readGroup(features.group));
    const group = this.#groups[number] as Group;
    group.members.push(slot);
    group.changes++;
    this.#groupOf.push(number);
  }

  #begin(fields: GroupFields): void {
    const number = this.#groups.push({ fields, members: new IntegerColumn(), changes: 0 }) - 1;
    this.#all.push(number);
    const ofUser = this.#ofUser.get(fields.userId);
    if (ofUser) ofUser.push(number);
    else this.#ofUser.set(fields.userId, [number]);
  }

  remove(slot: number): void {
    const group = this.#groups[this.#groupOf.values[slot] ?? -1];
    if (group) group.changes++;
    this.#groupOf.set(slot, -1);
  }

  /** How often slots of the groups came or died: as long as this stays the same, so do their slots. */
  changesOf(groups: readonly number[]): number {
    return groups.reduce((sum, number) => sum + (this.#groups[number]?.changes ?? 0), 0);
  }

  /**
   * The groups the filter leaves, which have not expired; null when groups do not tell, or not quickly.
   * @param userId only groups of this user, as the filter asks too; null for all
   */
  matching(filter: FilterNode, now: Instant, userId: string | null): number[] | null {
    const numbers = userId === null ? this.#all : (this.#ofUser.get(userId) ?? []);
    if (numbers.length > MOST_GROUPS || !asksOnlyForKnown(filter)) return null;
    const instant = instantKey(now);
    const found: number[] = [];
    for (const number of numbers) {
      const fields = this.#groups[number]?.fields as MemoryRecord;
      const living = fields.expiresAt === null || instantKey(fields.expiresAt) > instant;
      // The evaluator reads only the fields that the filter names.
      if (living && matches(fields, filter)) found.push(number);
    }
    return found;
  }

  /** The living slots of the groups, in rising order. */
  slotsOf(groups: readonly number[]): Uint32Array {
    const groupOf = this.#groupOf.values;
    const members = groups.map((number) => this.#groups[number]?.members ?? new IntegerColumn());
    const most = members.reduce((sum, { length }) => sum + length, 0);
    const slots = new Uint32Array(most);
    let count = 0;
    // Sorting a few slots is quicker than looking at all, and looking at all is quicker than sorting many.
    if (most * 8 < this.#groupOf.length) {
      for (const { length, values } of members) {
        for (let at = 0; at < length; at++) {
          const slot = values[at] ?? 0;
          if ((groupOf[slot] ?? -1) >= 0) slots[count++] = slot;
        }
      }
      return slots.slice(0, count).sort();
    }
    const wanted = new Uint8Array(this.#groups.length);
    for (const number of groups) wanted[number] = 1;
    for (let slot = 0; slot < this.#groupOf.length; slot++) {
      const group = groupOf[slot] ?? -1;
      if (group >= 0 && wanted[group] === 1) slots[count++] = slot;
    }
    return slots.slice(0, count);
  }
}

function asksOnlyForKnown(node: FilterNode): boolean {
  switch (node.form) {
    case "and":
    case "or":
      return node.nodes.every(asksOnlyForKnown);
    case "not":
      return asksOnlyForKnown(node.node);
    default:
      return node.field.path.length === 0 && KNOWN.has(node.field.name);
  }
}
