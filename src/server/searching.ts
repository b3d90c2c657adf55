import { tagConditions, timeConditions } from "../contract/filters.ts";
import type { SearchRequest } from "../contract/searching.ts";
import { filterCodec, recordCodec } from "../contract/wire.ts";
import type { FilterField } from "../core/filter/fields.ts";
import type { Filter } from "../core/filter/filter.ts";
import type { MemoryRecord } from "../core/record.ts";
import type { ResolvedScope } from "../core/scope.ts";
import { formatMilliseconds, type Instant } from "../core/time.ts";
import type { SearchHit } from "../operations.ts";
import type { Call, Surroundings } from "./call.ts";
import { Refusal } from "./errors.ts";
import { rankByRecency, recencyOf } from "./ranking.ts";
import { wholeTenant } from "./scopes.ts";

const TAG_FIELDS = {
  session_id: "sessionId",
  namespace: "namespace",
  user_id: "userId",
  agent_id: "agentId",
  speaker: "speaker",
  topics: "topics",
  entities: "entities",
  extraction_strategy: "extractionStrategy",
  memory_type: "type",
} as const satisfies Partial<Record<keyof SearchRequest, FilterField>>;

const TIME_FIELDS = {
  created_at: "createdAt",
  last_accessed: "lastAccessedAt",
  event_date: "eventDate",
} as const satisfies Partial<Record<keyof SearchRequest, FilterField>>;

const SCOPE_FIELDS = new Set<FilterField>(["sessionId", "namespace", "userId", "agentId"]);

/** What a search answers, in wire form. */
export interface Found {
  readonly memories: (Record<string, unknown> & { readonly id: string; readonly text: string })[];
  readonly total: number;
  readonly next_offset: number | null;
}

/** Search and listing of the contract, sections 9 and 10. An empty result stays empty: no filter is ever loosened. */
export async function searchMemories(
  surroundings: Surroundings,
  request: SearchRequest,
  call: Call,
): Promise<Found> {
  if (request.distance_threshold !== null && request.search_mode !== "semantic")
    throw new Refusal(400, "distance_threshold is only supported for semantic search mode");
  const text = request.text ?? "";
  return text.trim() === ""
    ? listMemories(surroundings, request, call)
    : recallMemories(surroundings, request, text, call);
}

async function listMemories(
  { operations, clock }: Surroundings,
  request: SearchRequest,
  call: Call,
): Promise<Found> {
  const { scope, filter } = conditionsOf(request, call);
  const recency = recencyOf(request);
  const page = await operations.list(scope, {
    filter,
    limit: request.limit,
    offset: request.offset,
    touch: recency !== null,
    signal: call.signal,
    ...truthOf(request, clock.now()),
  });
  const records = recency ? rankByRecency(page.records, recency, clock.now()) : page.records;
  const memories = records.map((record) => found(record, { dist: 0, score: null, score_type: null }));
  return { memories, ...paging(request.offset, memories.length, page.total) };
}

async function recallMemories(
  { operations, clock }: Surroundings,
  request: SearchRequest,
  text: string,
  call: Call,
): Promise<Found> {
  const { scope, filter } = conditionsOf(request, call);
  const mode = request.search_mode;
  const recency = recencyOf(request);
  const { hits, total } = await operations.search(scope, text, {
    mode,
    filter,
    limit: request.limit,
    offset: request.offset,
    recency: recency ?? false,
    touch: recency !== null,
    signal: call.signal,
    ...(mode === "hybrid" && { hybridAlpha: request.hybrid_alpha }),
    ...(request.distance_threshold !== null && {
      maxDistance: Math.min(2, Math.max(0, request.distance_threshold)),
    }),
    ...truthOf(request, clock.now()),
  });
  const best = Math.max(...hits.map((hit) => hit.score), Number.MIN_VALUE);
  const memories = hits.map((hit) => {
    const { score, distance, explanation: _, ...record } = hit;
    return found(record, { ...closeness(hit, mode, best), score_type: mode });
  });
  return { memories, ...paging(request.offset, memories.length, total) };
}

/** How the contract reports a hit: distances by meaning, shares of the best hit by words. */
function closeness({ score, distance }: SearchHit, mode: SearchRequest["search_mode"], best: number) {
  if (mode === "semantic" && distance !== null) return { dist: distance, score: Math.max(0, 1 - distance) };
  const share = score / best;
  return { dist: 1 - share, score: share };
}

function found(
  record: MemoryRecord,
  closeness: { readonly dist: number; readonly score: number | null; readonly score_type: string | null },
): Found["memories"][number] {
  return { ...(recordCodec.encode(record) as { id: string; text: string }), ...closeness };
}

function paging(offset: number, returned: number, total: number) {
  const end = offset + returned;
  return { total, next_offset: returned > 0 && end < total ? end : null };
}

function truthOf(request: SearchRequest, now: number): { asOf?: Instant; validAt: Instant } {
  const asOf = request.as_of;
  return {
    ...(asOf !== null && { asOf }),
    validAt: request.valid_at ?? asOf ?? formatMilliseconds(now),
  };
}

/** Scope and filter of a request. What must equal one scope label goes into the scope, which indexes know to use. */
export function conditionsOf(
  request: SearchRequest,
  call: Pick<Call, "tenant">,
): { scope: ResolvedScope; filter: Filter } {
  const scope: { -readonly [Key in keyof ResolvedScope]: ResolvedScope[Key] } = wholeTenant(call);
  const conditions: Filter[] = [];
  for (const [wire, field] of Object.entries(TAG_FIELDS)) {
    const condition = request[wire as keyof typeof TAG_FIELDS] as Record<string, unknown> | null;
    if (condition === null) continue;
    const equal = condition["eq"];
    if (SCOPE_FIELDS.has(field) && typeof equal === "string" && equal !== "") {
      scope[field as "userId"] = equal;
      if (Object.values(condition).filter((value) => value != null).length === 1) continue;
    }
    conditions.push(...tagConditions(field, condition));
  }
  for (const [wire, field] of Object.entries(TIME_FIELDS)) {
    const condition = request[wire as keyof typeof TIME_FIELDS] as Record<string, unknown> | null;
    if (condition !== null) conditions.push(...timeConditions(field, condition));
  }
  if (request.filter !== null) conditions.push(filterCodec.decode(request.filter) as Filter);
  return { scope, filter: { and: conditions } };
}
