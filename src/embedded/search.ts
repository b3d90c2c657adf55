import { ValidationError } from "../core/errors.ts";
import { EVERYTHING } from "../core/filter/filter.ts";
import { parseFilter } from "../core/filter/parse.ts";
import { checkText } from "../core/identifiers.ts";
import { RECALL_MODES, type Recall, type RecallRequest, type RecencyOptions } from "../core/recall.ts";
import type { MemoryRecord } from "../core/record.ts";
import type { ResolvedScope } from "../core/scope.ts";
import type { Instant } from "../core/time.ts";
import type { SearchHit, SearchOptions, SearchResult } from "../operations.ts";
import type { AccessCounter } from "./accesses.ts";
import { numberBetween, wholeNumber } from "./numbers.ts";
import { type EmbeddedParts, present } from "./parts.ts";
import { asOfOption, scopedFilter, withValidity } from "./read.ts";

/** The weights of the wire contract, section "Recency re-ranking". */
const RECENCY: Required<RecencyOptions> = {
  semanticWeight: 0.8,
  recencyWeight: 0.2,
  freshnessWeight: 0.6,
  noveltyWeight: 0.4,
  halfLifeLastAccessDays: 7,
  halfLifeCreatedDays: 30,
};

/** Finds records for a text in the scope. */
export async function searchRecords(
  parts: EmbeddedParts,
  accesses: AccessCounter,
  scope: ResolvedScope,
  text: string,
  options: SearchOptions = {},
): Promise<SearchResult> {
  const request = toRequest(scope, text, options, present(parts));
  const { asOf } = asOfOption(options);
  const answer =
    asOf === undefined
      ? await parts.recall.search(request)
      : await searchAsOf(parts, { ...request, now: asOf });
  const known = answer.hits.map(({ record }) => record ?? null);
  const records = known.includes(null)
    ? await parts.records.read(
        scope.tenant,
        answer.hits.map(({ id }) => id),
        { now: request.now, ...(asOf !== undefined && { asOf }) },
      )
    : known;
  const hits = answer.hits.flatMap((hit, index): SearchHit[] => {
    const record = records[index];
    // Null: deleted between ranking and reading.
    if (!record || record.id !== hit.id) return [];
    const { score, distance, explanation } = hit;
    return [{ ...record, score, distance, ...(explanation && { explanation }) }];
  });
  if (asOf === undefined && options.touch !== false) accesses.count(scope.tenant, hits);
  const end = request.offset + answer.hits.length;
  const more = answer.hits.length === request.limit && end < answer.total;
  return { hits, total: answer.total, nextOffset: more ? end : null, confidence: answer.confidence };
}

function toRequest(scope: ResolvedScope, text: string, options: SearchOptions, now: Instant): RecallRequest {
  const mode = options.mode ?? "hybrid";
  if (!RECALL_MODES.includes(mode))
    throw ValidationError.of("mode", `must be one of ${RECALL_MODES.join(", ")}`, mode, "enum");
  if (options.maxDistance !== undefined && mode !== "semantic")
    throw ValidationError.of("maxDistance", "applies only to semantic mode", options.maxDistance);
  const given = options.filter === undefined ? EVERYTHING : parseFilter(options.filter);
  const validAt = options.validAt ?? options.asOf ?? now;
  return {
    scope,
    filter: withValidity(scopedFilter(scope, given), validAt, now),
    now,
    text: checkText(text, "query"),
    mode,
    limit: wholeNumber(options.limit ?? 10, "limit", 1, 1000),
    offset: wholeNumber(options.offset ?? 0, "offset", 0),
    recency: recencyOf(options.recency ?? false),
    explain: options.explain ?? false,
    ...(options.hybridAlpha !== undefined && {
      hybridAlpha: numberBetween(options.hybridAlpha, "hybridAlpha", 0, 1),
    }),
    ...(options.minScore !== undefined && { minScore: numberBetween(options.minScore, "minScore", 0, 1) }),
    ...(options.maxDistance !== undefined && {
      maxDistance: numberBetween(options.maxDistance, "maxDistance", 0, 2),
    }),
    ...(options.signal && { signal: options.signal }),
  };
}

function recencyOf(recency: boolean | RecencyOptions): Required<RecencyOptions> | null {
  if (recency === false) return null;
  if (recency === true) return RECENCY;
  for (const [name, value] of Object.entries(recency)) {
    if (value !== undefined) numberBetween(value, `recency.${name}`, 0, Number.MAX_VALUE);
  }
  const set = Object.entries(recency).filter(([, value]) => value !== undefined);
  return { ...RECENCY, ...Object.fromEntries(set) };
}

/** Ranks the records as they were then: there is no index of the past, so one is made for the question. */
async function searchAsOf(parts: EmbeddedParts, request: RecallRequest) {
  const records: MemoryRecord[] = [];
  for (let after: { createdAt: Instant; id: string } | undefined; ; ) {
    request.signal?.throwIfAborted();
    const { filter, now } = request;
    const page = await parts.records.list(request.scope.tenant, {
      filter,
      now,
      asOf: now,
      order: "oldest",
      limit: 1000,
      ...(after && { after }),
    });
    records.push(...page);
    after = page.at(-1);
    if (page.length < 1000) break;
  }
  const recall: Recall = await parts.recallOver(request.scope.tenant, records);
  try {
    return await recall.search(request);
  } finally {
    await recall.close();
  }
}
