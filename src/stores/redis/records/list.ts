import { compareCodePoints, matches } from "../../../core/filter/evaluate.ts";
import type { FilterNode } from "../../../core/filter/filter.ts";
import type { MemoryRecord } from "../../../core/record.ts";
import type { ListQuery } from "../../../core/store.ts";
import { compareInstants, type Instant, instantKey } from "../../../core/time.ts";
import { asList } from "../connection/reply.ts";
import { defineScript } from "../connection/script.ts";
import { tenantKey } from "../keys.ts";
import { scanHash } from "../scan.ts";
import type { Parts } from "../store-parts.ts";
import { candidates } from "./candidates.ts";
import { recordKeys } from "./keys.ts";
import { narrowest } from "./narrow.ts";
import { ownPast } from "./past.ts";

export async function listRecords(parts: Parts, tenant: string, query: ListQuery): Promise<MemoryRecord[]> {
  const { asOf, limit, offset = 0 } = query;
  if (limit <= 0) return [];
  if (asOf !== undefined) return listPast(parts, tenant, { ...query, asOf });
  const page: MemoryRecord[] = [];
  let skipped = 0;
  for await (const { record } of candidates(parts, tenant, { ...query, expected: offset + limit })) {
    if (skipped++ < offset) continue;
    page.push(record);
    if (page.length === limit) break;
  }
  return page;
}

/** How many a listing has, and how many of the tenant's records have expired but are still there. */
const COUNT_SCRIPT = defineScript(
  ["listing", "expiries"],
  `return {
    redis.call('ZLEXCOUNT', listing, '[' .. ARGV[1] .. '\\0', '(' .. ARGV[1] .. '\\1'),
    redis.call('ZLEXCOUNT', expiries, '-', '(' .. ARGV[2] .. '\\1')}`,
);

export async function countRecords(
  parts: Parts,
  tenant: string,
  query: Pick<ListQuery, "filter" | "now" | "asOf">,
): Promise<number> {
  const { filter, now, asOf } = query;
  let count = 0;
  if (asOf !== undefined) {
    for await (const _ of pastRecords(parts, tenant, { filter, now, asOf })) count++;
    return count;
  }
  const { name, exact } = narrowest(filter);
  if (exact) {
    const keys = recordKeys(parts.prefix, tenant, ["listing", "expiries"]);
    const [all, expired] = asList(
      await parts.server.run(COUNT_SCRIPT, { keys, args: [name, instantKey(now)] }),
    );
    if (expired === 0) return Number(all);
  }
  for await (const _ of everyCandidate(parts, tenant, filter, now)) count++;
  return count;
}

export async function rowNumbers(
  parts: Parts,
  tenant: string,
  filter: FilterNode,
  now: Instant,
): Promise<Uint32Array> {
  const rows: number[] = [];
  for await (const { row } of everyCandidate(parts, tenant, filter, now)) rows.push(row);
  return Uint32Array.from(rows).sort();
}

function everyCandidate(parts: Parts, tenant: string, filter: FilterNode, now: Instant) {
  return candidates(parts, tenant, { filter, now, order: "oldest", expected: Number.POSITIVE_INFINITY });
}

type PastQuery = Pick<ListQuery, "filter" | "now"> & { readonly asOf: Instant };

async function listPast(parts: Parts, tenant: string, query: ListQuery & PastQuery): Promise<MemoryRecord[]> {
  const { order, after, limit, offset = 0 } = query;
  type Place = Pick<MemoryRecord, "createdAt" | "id">;
  const compare = (left: Place, right: Place) =>
    compareInstants(left.createdAt, right.createdAt) * (order === "newest" ? -1 : 1) ||
    compareCodePoints(left.id, right.id);
  let best: MemoryRecord[] = [];
  const cut = () => {
    best = best.sort(compare).slice(0, offset + limit);
  };
  for await (const record of pastRecords(parts, tenant, query)) {
    if (after !== undefined && compare(record, after) <= 0) continue;
    best.push(record);
    // What cannot be on the page is let go now and then, so that a long past takes no more room than the page.
    if (best.length >= 2 * (offset + limit) + 1000) cut();
  }
  cut();
  return best.slice(offset);
}

/** What a filter left at an instant, in no order: every id there ever was is looked at. */
async function* pastRecords(parts: Parts, tenant: string, query: PastQuery): AsyncGenerator<MemoryRecord> {
  const seen = new Set<string>();
  for await (const ids of scanHash(parts.server, tenantKey(parts.prefix, tenant, "heads"))) {
    const fresh = ids.filter((id) => !seen.has(id) && seen.add(id));
    if (fresh.length === 0) continue;
    for (const record of await ownPast(parts, tenant, fresh, query))
      if (record && matches(record, query.filter)) yield record;
  }
}
