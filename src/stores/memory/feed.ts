import type { Change } from "../../core/store.ts";
import type { MemoryBacking, TenantData } from "./backing.ts";
import { copy } from "./copy.ts";
import type { Transaction } from "./transaction.ts";

/** Appends to the change feed; gives the sequence number. */
export function appendChange(
  backing: MemoryBacking,
  data: TenantData,
  transaction: Transaction,
  change: Omit<Change, "sequence">,
): number {
  const sequence = ++backing.counters.sequence;
  transaction.push(data.changes, { sequence, ...change });
  return sequence;
}

export function readChanges(data: TenantData, query: { after: number; limit: number }): Change[] {
  const start = firstAfter(data.changes, query.after);
  return copy(data.changes.slice(start, start + query.limit));
}

export function lastSequence(data: TenantData): number {
  return data.changes.at(-1)?.sequence ?? 0;
}

/** Binary search: a follower asks again and again near the end of a long feed. */
function firstAfter(changes: readonly Change[], after: number): number {
  let low = 0;
  let high = changes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((changes[middle]?.sequence ?? 0) > after) high = middle;
    else low = middle + 1;
  }
  return low;
}
