import { ValidationError } from "../core/errors.ts";
import { fieldRef } from "../core/filter/fields.ts";
import { EVERYTHING, type FilterNode, type FilterTest } from "../core/filter/filter.ts";
import { parseFilter } from "../core/filter/parse.ts";
import { checkLabel } from "../core/identifiers.ts";
import type { MemoryRecord, RecordVersion } from "../core/record.ts";
import { inScope, type ResolvedScope, SCOPE_FIELDS } from "../core/scope.ts";
import type { Change } from "../core/store.ts";
import { type Instant, type InstantInput, instantKey, parseInstant } from "../core/time.ts";
import type {
  CallOptions,
  ChangesOptions,
  ChangesPage,
  ListOptions,
  ReadOptions,
  RecordPage,
} from "../operations.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { wholeNumber } from "./numbers.ts";
import { type EmbeddedParts, present } from "./parts.ts";

export async function getRecords(
  parts: EmbeddedParts,
  scope: ResolvedScope,
  ids: readonly string[],
  options: ReadOptions = {},
): Promise<(MemoryRecord | null)[]> {
  options.signal?.throwIfAborted();
  const wanted = ids.map((id, index) => checkLabel(id, ids.length === 1 ? "id" : ["ids", index]));
  const records = await parts.records.read(scope.tenant, wanted, {
    now: present(parts),
    ...asOfOption(options),
  });
  return records.map((record) => (record && inScope(scope, record) ? record : null));
}

export async function listRecords(
  parts: EmbeddedParts,
  scope: ResolvedScope,
  options: ListOptions = {},
): Promise<RecordPage> {
  options.signal?.throwIfAborted();
  const now = present(parts);
  const limit = wholeNumber(options.limit ?? 100, "limit", 1, 1000);
  const order = options.order ?? "newest";
  if (order !== "newest" && order !== "oldest")
    throw ValidationError.of("order", "must be newest or oldest", order, "enum");
  const filter = scopedFilter(scope, options.filter === undefined ? EVERYTHING : parseFilter(options.filter));
  const valid = options.validAt === undefined ? filter : withValidity(filter, options.validAt, now);
  const query = { filter: valid, now, ...asOfOption(options) };
  const [records, total] = await Promise.all([
    parts.records.list(scope.tenant, {
      ...query,
      order,
      limit: limit + 1,
      offset: wholeNumber(options.offset ?? 0, "offset", 0),
      ...(options.cursor !== undefined && { after: decodeCursor(options.cursor) }),
    }),
    parts.records.count(scope.tenant, query),
  ]);
  const page = records.slice(0, limit);
  const last = page.at(-1);
  return { records: page, total, cursor: records.length > limit && last ? encodeCursor(last) : null };
}

export async function readHistory(
  parts: EmbeddedParts,
  scope: ResolvedScope,
  id: string,
  options: CallOptions = {},
): Promise<RecordVersion[]> {
  options.signal?.throwIfAborted();
  const versions = await parts.records.history(scope.tenant, checkLabel(id, "id"));
  const latest = versions.at(-1);
  // Whoever may see the record as it is now may see how it came about.
  return latest && inScope(scope, latest.record) ? versions : [];
}

export async function readChanges(
  parts: EmbeddedParts,
  scope: ResolvedScope,
  options: ChangesOptions = {},
): Promise<ChangesPage> {
  const limit = wholeNumber(options.limit ?? 100, "limit", 1, 1000);
  let sequence = wholeNumber(options.after ?? 0, "after", 0);
  const visible: Change[] = [];
  // A page of other scopes' changes must not look like the end of the feed.
  for (;;) {
    options.signal?.throwIfAborted();
    const changes = await parts.records.changes(scope.tenant, { after: sequence, limit: FEED_PAGE });
    for (const change of changes) {
      if (visible.length === limit) return { changes: visible, sequence };
      if (inScope(scope, change)) visible.push(change);
      sequence = change.sequence;
    }
    if (changes.length < FEED_PAGE) return { changes: visible, sequence };
  }
}

const FEED_PAGE = 1000;

/** The filter together with the scope's own fields. */
export function scopedFilter(scope: ResolvedScope, filter: FilterNode): FilterNode {
  const tests = SCOPE_FIELDS.flatMap((field): FilterTest[] => {
    const value = scope[field];
    return value === null ? [] : [{ form: "some", field: reference(field), values: [value] }];
  });
  if (tests.length === 0) return filter;
  return { form: "and", nodes: filter === EVERYTHING ? tests : [...tests, filter] };
}

/** The filter together with "true at that instant"; `any` leaves it as it is. */
export function withValidity(filter: FilterNode, validAt: InstantInput | "any", now: Instant): FilterNode {
  if (validAt === "any") return filter;
  const at = instantKey(validAt === undefined ? now : parseInstant(validAt, "validAt"));
  const began: FilterNode = { form: "not", node: { form: "gt", field: reference("validFrom"), value: at } };
  const ended: FilterNode = { form: "not", node: { form: "lte", field: reference("validTo"), value: at } };
  return { form: "and", nodes: [filter, began, ended] };
}

export function asOfOption(options: ReadOptions): { asOf?: Instant } {
  return options.asOf === undefined ? {} : { asOf: parseInstant(options.asOf, "asOf") };
}

function reference(name: string) {
  const field = fieldRef(name);
  if (!field) throw new TypeError(`No such field: ${name}`);
  return field;
}
