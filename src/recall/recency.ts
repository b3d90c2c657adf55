import type { RecencyOptions } from "../core/recall.ts";
import type { MemoryRecord } from "../core/record.ts";
import { clampScore } from "../core/score.ts";
import { type Instant, toMilliseconds } from "../core/time.ts";

const DAY = 86_400_000;
const SHORTEST_HALF_LIFE = 0.001;

/**
 * The order in which a record comes when newer and more used ones are preferred: the wire contract's formula, section
 * "Recency re-ranking". Weights are used as given.
 *
 * @param similarity in [0, 1]
 */
export function recencyRank(
  similarity: number,
  record: Pick<MemoryRecord, "createdAt" | "lastAccessedAt">,
  now: Instant,
  options: Required<RecencyOptions>,
): number {
  const freshness = decay(record.lastAccessedAt, now, options.halfLifeLastAccessDays);
  const novelty = decay(record.createdAt, now, options.halfLifeCreatedDays);
  const recency = clampScore(options.freshnessWeight * freshness + options.noveltyWeight * novelty);
  return options.semanticWeight * similarity + options.recencyWeight * recency;
}

function decay(since: Instant, now: Instant, halfLifeDays: number): number {
  const days = Math.max(0, (toMilliseconds(now) - toMilliseconds(since)) / DAY);
  return 2 ** (-days / Math.max(SHORTEST_HALF_LIFE, halfLifeDays));
}
