import { ChangesForgottenError } from "../../core/errors.ts";
import type { Change, ForeignChanges } from "../../core/store.ts";
import { compareInstants, type Instant } from "../../core/time.ts";
import { type MemoryBacking, type TenantData, tenantForWriting, tenantOf } from "./backing.ts";
import { copy } from "./copy.ts";
import { atomically, type Transaction } from "./transaction.ts";

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

/** Tells changes of another store too; gives how far its feed was taken. */
export function takeChanges(backing: MemoryBacking, tenant: string, foreign: ForeignChanges): number {
  const { source, after, changes } = copy(foreign);
  const position = tenantOf(backing, tenant).positions.get(source) ?? 0;
  const last = changes.at(-1);
  if (!last || position !== after) return position;
  const data = tenantForWriting(backing, tenant);
  atomically((transaction) => {
    for (const { sequence: _, ...change } of changes) appendChange(backing, data, transaction, change);
    transaction.set(data.positions, source, last.sequence);
  });
  return last.sequence;
}

export function readChanges(data: TenantData, query: { after: number; limit: number }): Change[] {
  const { after } = query;
  const forgotten = data.forgotten.upTo;
  if (after < forgotten) throw ChangesForgottenError.of({ after, forgotten, sequence: lastSequence(data) });
  const start = firstAfter(data.changes, query.after);
  return copy(data.changes.slice(start, start + query.limit));
}

export function forgetChanges({ changes, forgotten }: TenantData, before: Instant, limit: number): number {
  const young = changes.findIndex(({ at }) => compareInstants(at, before) > 0);
  const old = Math.min(young < 0 ? changes.length : young, changes.length - 1, limit);
  const last = changes.splice(0, Math.max(0, old)).at(-1);
  forgotten.upTo = last?.sequence ?? forgotten.upTo;
  return last ? old : 0;
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
