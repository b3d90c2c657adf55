import { compareCodePoints } from "../core/filter/evaluate.ts";
import type { RecallHit, RecallRequest } from "../core/recall.ts";
import type { Found } from "./modes.ts";

/** One page of what was found. */
export interface Page {
  readonly hits: readonly RecallHit[];
  readonly total: number;
}

/**
 * The page that was asked for. When only the best of many rows were candidates, and the page reaches beyond them, the others
 * follow after all of these: so the order is the same whichever pages are asked for.
 *
 * @param others finds with all rows as candidates
 */
export async function pageOf(
  request: RecallRequest,
  found: Found,
  others: () => Promise<Found>,
): Promise<Page> {
  const { offset, limit, minScore = 0, maxDistance = Number.POSITIVE_INFINITY } = request;
  const end = offset + limit;
  const { scores, distances, ids } = found;
  const kept = [...scores.keys()].filter(
    (index) => (scores[index] ?? 0) >= minScore && (distances?.[index] ?? 0) <= maxDistance,
  );
  const first = firstOf(kept, end, found);
  const hits = first.slice(offset).map((index) => hitOf(request, found, index));
  const cut = kept.length < ids.length;
  // What follows scores no higher, so once a threshold has cut something off, it cuts off all of that.
  if (cut || found.total <= ids.length) return { hits, total: kept.length };
  const counts = request.minScore !== undefined || request.maxDistance !== undefined;
  if (end <= kept.length && !counts) return { hits, total: found.total };

  const all = await others();
  const before = new Set(ids);
  const lowest = scores.reduce((low, score) => Math.min(low, score), 1);
  const left = [...all.ids.keys()].filter(
    (index) =>
      !before.has(all.ids[index] ?? "") &&
      Math.min(lowest, all.scores[index] ?? 0) >= minScore &&
      (all.distances?.[index] ?? 0) <= maxDistance,
  );
  const more = firstOf(left, Math.max(0, end - kept.length), all)
    .slice(Math.max(0, offset - kept.length))
    .map((index) => {
      const hit = hitOf(request, all, index);
      return { ...hit, score: Math.min(lowest, hit.score) };
    });
  return { hits: [...hits, ...more], total: kept.length + left.length };
}

function hitOf(request: RecallRequest, found: Found, index: number): RecallHit {
  const hit = {
    id: found.ids[index] ?? "",
    score: found.scores[index] ?? 0,
    distance: found.distances?.[index] ?? null,
  };
  return request.explain ? { ...hit, explanation: found.explain(index) } : hit;
}

/** The first `count` of the indexes: by falling order, ties by id. */
function firstOf(indexes: readonly number[], count: number, { order, ids }: Found): number[] {
  const valueAt = (index: number) => order[index] ?? 0;
  // Sorting numbers alone is far faster than sorting by a comparison, so only what can be among the first is compared.
  const sorted = Float64Array.from(indexes, valueAt).sort();
  const lowest = sorted[sorted.length - count] ?? Number.NEGATIVE_INFINITY;
  return indexes
    .filter((index) => valueAt(index) >= lowest)
    .sort(
      (left, right) => valueAt(right) - valueAt(left) || compareCodePoints(ids[left] ?? "", ids[right] ?? ""),
    )
    .slice(0, count);
}
