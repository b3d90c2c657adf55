import type { SearchRequest } from "../contract/searching.ts";
import type { RecencyOptions } from "../core/recall.ts";
import type { MemoryRecord } from "../core/record.ts";
import { toMilliseconds } from "../core/time.ts";

const DAY = 86_400_000;
const SHORTEST_HALF_LIFE = 0.001;

/** The recency weights of a request with the contract's defaults, section 10; null when it wants no such ranking. */
export function recencyOf(request: SearchRequest): Required<RecencyOptions> | null {
  if (request.recency_boost === false && request.server_side_recency !== true) return null;
  return {
    semanticWeight: request.recency_semantic_weight ?? 0.8,
    recencyWeight: request.recency_recency_weight ?? 0.2,
    freshnessWeight: request.recency_freshness_weight ?? 0.6,
    noveltyWeight: request.recency_novelty_weight ?? 0.4,
    halfLifeLastAccessDays: Math.max(SHORTEST_HALF_LIFE, request.recency_half_life_last_access_days ?? 7),
    halfLifeCreatedDays: Math.max(SHORTEST_HALF_LIFE, request.recency_half_life_created_days ?? 30),
  };
}

/** Records of a page without a query, the freshest first; ties keep their order. */
export function rankByRecency<Item extends MemoryRecord>(
  records: readonly Item[],
  weights: Required<RecencyOptions>,
  now: number,
): Item[] {
  const days = (instant: string) => Math.max(0, (now - toMilliseconds(instant)) / DAY);
  const recency = (record: MemoryRecord): number => {
    const freshness = 2 ** (-days(record.lastAccessedAt) / weights.halfLifeLastAccessDays);
    const novelty = 2 ** (-days(record.createdAt) / weights.halfLifeCreatedDays);
    const sum = weights.freshnessWeight * freshness + weights.noveltyWeight * novelty;
    return weights.recencyWeight * Math.min(1, Math.max(0, sum));
  };
  const ranked = records.map((record) => ({ record, rank: recency(record) }));
  return ranked.sort((left, right) => right.rank - left.rank).map(({ record }) => record);
}
