import { compareCodePoints, matches } from "../../core/filter/evaluate.ts";
import type { FilterNode } from "../../core/filter/filter.ts";
import type { IndexedRecord } from "../../core/recall-index.ts";
import type { MemoryRecord } from "../../core/record.ts";
import type { ListQuery } from "../../core/store.ts";
import { compareInstants, type Instant } from "../../core/time.ts";
import type { Row, TenantData } from "./backing.ts";
import { copy } from "./copy.ts";
import { idsAt, livingRow, type Moment, ownRecord } from "./lookup.ts";

type ListPlace = Pick<MemoryRecord, "createdAt" | "id">;

export function listRecords(data: TenantData, query: ListQuery): MemoryRecord[] {
  const order = (left: ListPlace, right: ListPlace) =>
    compareInstants(left.createdAt, right.createdAt) * (query.order === "newest" ? -1 : 1) ||
    compareCodePoints(left.id, right.id);
  const { after, offset = 0 } = query;
  const page = [...matching(data, query.filter, query)]
    .filter((record) => after === undefined || order(record, after) > 0)
    .sort(order)
    .slice(offset, offset + query.limit);
  return copy(page);
}

export function countRecords(data: TenantData, query: Pick<ListQuery, "filter" | "now" | "asOf">): number {
  let count = 0;
  for (const _ of matching(data, query.filter, query)) count++;
  return count;
}

export function rowNumbers(data: TenantData, filter: FilterNode, now: Instant): Uint32Array {
  const numbers: number[] = [];
  for (const { id } of matching(data, filter, { now })) numbers.push(data.rows.get(id)?.row ?? 0);
  return Uint32Array.from(numbers).sort();
}

export function indexedRecords(
  data: TenantData,
  query: { afterRow: number; limit: number; userId?: string | null },
): IndexedRecord[] {
  return [...data.rows.values()]
    .filter(
      ({ row, record }) =>
        row > query.afterRow && (query.userId === undefined || record.userId === query.userId),
    )
    .sort((left, right) => left.row - right.row)
    .slice(0, query.limit)
    .map(indexed);
}

export function indexedById(data: TenantData, ids: readonly string[]): IndexedRecord[] {
  return ids.flatMap((id) => {
    const row = data.rows.get(id);
    return row ? [indexed(row)] : [];
  });
}

export function duplicatesOf(
  data: TenantData,
  keys: readonly string[],
  now: Instant,
): ReadonlyMap<string, MemoryRecord> {
  const found = new Map<string, MemoryRecord>();
  for (const key of keys) {
    const id = data.duplicates.get(key);
    const row = id === undefined ? undefined : livingRow(data, id, now);
    if (row) found.set(key, copy(row.record));
  }
  return found;
}

function* matching(data: TenantData, filter: FilterNode, moment: Moment): Iterable<MemoryRecord> {
  for (const id of idsAt(data, moment)) {
    const record = ownRecord(data, id, moment);
    if (record && matches(record, filter)) yield record;
  }
}

function indexed({ row, record, entry }: Row): IndexedRecord {
  return copy({ row, id: record.id, entry });
}

export function staleEntries(
  data: TenantData,
  query: { readonly embedder: string; readonly analyzer: string; readonly limit: number },
): string[] {
  return [...data.rows.values()]
    .filter(
      ({ entry }) =>
        entry.embedder !== query.embedder || entry.analyzer !== query.analyzer || entry.vector === null,
    )
    .sort((left, right) => left.row - right.row)
    .slice(0, query.limit)
    .map(({ record }) => record.id);
}
