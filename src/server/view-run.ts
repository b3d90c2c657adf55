import { requestError } from "../contract/issues.ts";
import { type SearchRequest, searchRequest } from "../contract/searching.ts";
import type { Group, Partition, View } from "../contract/views.ts";
import { libraryFieldName } from "../contract/wire.ts";
import type { Filter } from "../core/filter/filter.ts";
import type { MemoryRecord } from "../core/record.ts";
import { compareInstants, formatMilliseconds } from "../core/time.ts";
import type { Call, Surroundings } from "./call.ts";
import { conditionsOf } from "./searching.ts";

/** What views may group by, and what else they may filter by. */
export const GROUP_FIELDS = ["user_id", "namespace", "session_id", "memory_type"];
export const FILTER_FIELDS = [...GROUP_FIELDS, "extraction_strategy", "topics", "event_date"];

const DAY = 86_400_000;
const NOTICE = "No language model is set up to summarize; these are the memories themselves:";
const MOST_LINES = 50;

/** Records of a view or of one of its groups, oldest first by what they tell of. */
export async function matchingRecords(
  { operations, clock }: Pick<Surroundings, "operations" | "clock">,
  view: View,
  group: Group,
  call: Pick<Call, "tenant">,
): Promise<MemoryRecord[]> {
  const { scope, filter } = conditionsOf(toRequest(view), call);
  const since = view.time_window_days === null ? null : clock.now() - view.time_window_days * DAY;
  const conditions: Filter[] = [
    filter,
    ...Object.entries(group).map(([name, value]): Filter => ({ [libraryFieldName(name)]: value })),
    ...(since === null ? [] : [{ createdAt: { gte: formatMilliseconds(Math.max(0, since)) } }]),
  ];
  const records: MemoryRecord[] = [];
  for (let cursor: string | null = null; ; ) {
    const page = await operations.list(scope, {
      filter: { and: conditions },
      limit: 1000,
      ...(cursor !== null && { cursor }),
    });
    records.push(...page.records);
    cursor = page.cursor;
    if (cursor === null) break;
  }
  const when = (record: MemoryRecord) => record.eventDate ?? record.createdAt;
  return records.sort((left, right) => compareInstants(when(left), when(right)));
}

/** Filter values as a search takes them: a text means `eq`, a list `any`. */
function toRequest(view: View): SearchRequest {
  const filters = Object.entries(view.filters).map(([name, value]) => [
    name,
    Array.isArray(value) ? { any: value } : value,
  ]);
  const result = searchRequest.safeParse(Object.fromEntries(filters), { reportInput: true });
  if (!result.success) throw requestError("body", result.error, ["filters"]);
  return result.data;
}

/** The group a record belongs to; null when it lacks one of the fields. */
export function groupOf(view: View, record: MemoryRecord): Group | null {
  const values = view.group_by.map((name) => [name, record[libraryFieldName(name) as keyof MemoryRecord]]);
  return values.every(([, value]) => typeof value === "string") ? Object.fromEntries(values) : null;
}

/** What is kept of one group. Without a language model, the memories speak for themselves. */
export function summarize(
  view: View,
  group: Group,
  records: readonly MemoryRecord[],
  now: number,
): Partition {
  const lines = records.slice(0, MOST_LINES).map((record) => `- ${record.text}`);
  const empty = records.length === 0;
  return {
    view_id: view.id,
    group,
    summary: empty ? "" : [NOTICE, ...lines].join("\n"),
    memory_count: records.length,
    empty,
    empty_reason: empty ? "no_matching_memories" : null,
    computed_at: formatMilliseconds(now),
  };
}
