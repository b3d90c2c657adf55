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
  const kept: number[] = [];
  for (let index = 0; index < scores.length; index++) {
    if ((scores[index] ?? 0) >= minScore && (distances?.[index] ?? 0) <= maxDistance) kept.push(index);
  }
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
  // Comparing ids is slow, so only what can be among the first is compared.
  const lowest = highestOf(indexes, count, order);
  return indexes
    .filter((index) => (order[index] ?? 0) >= lowest)
    .sort(
      (left, right) =>
        (order[right] ?? 0) - (order[left] ?? 0) || compareCodePoints(ids[left] ?? "", ids[right] ?? ""),
    )
    .slice(0, count);
}

/** Up to so many are found quicker by putting each into its place than by sorting all. */
const FEW = 100;

/** The lowest of the `count` highest values. */
function highestOf(indexes: readonly number[], count: number, order: Found["order"]): number {
  if (count >= indexes.length) return Number.NEGATIVE_INFINITY;
  if (count > FEW) {
    const sorted = Float64Array.from(indexes, (index) => order[index] ?? 0).sort();
    return sorted[sorted.length - count] ?? Number.NEGATIVE_INFINITY;
  }
  // The highest so far, rising: most values are below the first of them and need nothing else.
  const highest = new Float64Array(count).fill(Number.NEGATIVE_INFINITY);
  for (const index of indexes) {
    const value = order[index] ?? 0;
    if (!(value > (highest[0] ?? value))) continue;
    let place = 1;
    for (; place < count && (highest[place] ?? 0) < value; place++) highest[place - 1] = highest[place] ?? 0;
    highest[place - 1] = value;
  }
  return highest[0] ?? Number.POSITIVE_INFINITY;
}
