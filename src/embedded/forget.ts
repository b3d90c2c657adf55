import { ValidationError } from "../core/errors.ts";
import { EVERYTHING } from "../core/filter/filter.ts";
import { type MemoryRecord, RECORD_TYPES } from "../core/record.ts";
import type { ResolvedScope } from "../core/scope.ts";
import { type Instant, toMilliseconds } from "../core/time.ts";
import type { ForgetOptions, ForgetPolicy, ForgetResult } from "../operations.ts";
import { idempotencyOf } from "./add.ts";
import { deletionsOf } from "./change.ts";
import { numberBetween, wholeNumber } from "./numbers.ts";
import { type EmbeddedParts, present } from "./parts.ts";
import { scopedFilter } from "./read.ts";
import { retryConflicts } from "./retry.ts";

const DAY = 86_400_000;

/** Records read, and deleted, in one step. */
const PAGE = 1000;

/** What a policy looks at. */
type Candidate = Pick<MemoryRecord, "id" | "version" | "type" | "pinned" | "createdAt" | "lastAccessedAt">;

/**
 * Deletes, or in a dry run names, what a policy calls stale. The history of what is forgotten stays. More than a thousand
 * records go in several writes.
 */
export async function forgetRecords(
  parts: EmbeddedParts,
  scope: ResolvedScope,
  policy: ForgetPolicy,
  options: ForgetOptions = {},
): Promise<ForgetResult> {
  options.signal?.throwIfAborted();
  checkPolicy(policy);
  const { dryRun = true, keep = [], limit } = options;
  const most = limit === undefined ? Number.POSITIVE_INFINITY : wholeNumber(limit, "limit", 1);
  const content = [policy, keep, limit];
  const idempotency = dryRun ? null : idempotencyOf("forget", scope, content, options.idempotencyKey);
  const gone: string[] = [];
  return retryConflicts(options.signal, async () => {
    const done = idempotency && (await parts.records.recallResult(scope.tenant, idempotency));
    if (done) return done as unknown as ForgetResult;
    const now = present(parts);
    const candidates = await oldest(parts, scope, { now, most: most - gone.length, signal: options.signal });
    const doomed = new Set(selectForgotten(candidates, policy, new Set(keep), parts.clock.now()));
    const deletedIds = [...gone, ...doomed];
    const scanned = gone.length + candidates.length;
    const result = { scanned, deleted: deletedIds.length, deletedIds, dryRun };
    if (dryRun || (doomed.size === 0 && !idempotency)) return result;
    const stale = candidates.filter(({ id }) => doomed.has(id));
    do {
      options.signal?.throwIfAborted();
      const some = stale.splice(0, PAGE);
      await parts.records.write(scope.tenant, {
        writes: deletionsOf(some, "forget", options),
        now,
        ...(stale.length === 0 && idempotency && { idempotency: { ...idempotency, result } }),
      });
      gone.push(...some.map(({ id }) => id));
    } while (stale.length > 0);
    return result;
  });
}

/** So many records of a scope, the oldest first. */
async function oldest(
  parts: EmbeddedParts,
  scope: ResolvedScope,
  { now, most, signal }: { now: Instant; most: number; signal: AbortSignal | undefined },
): Promise<Candidate[]> {
  const found: Candidate[] = [];
  while (found.length < most) {
    signal?.throwIfAborted();
    const last = found.at(-1);
    const page = await parts.records.list(scope.tenant, {
      filter: scopedFilter(scope, EVERYTHING),
      now,
      order: "oldest",
      limit: Math.min(PAGE, most - found.length),
      ...(last && { after: { createdAt: last.createdAt, id: last.id } }),
    });
    // A record as a whole would keep its text in memory.
    for (const { id, version, type, pinned, createdAt, lastAccessedAt } of page)
      found.push({ id, version, type, pinned, createdAt, lastAccessedAt });
    if (page.length < PAGE) break;
  }
  return found;
}

/** The ids a policy forgets, by the rules of the wire contract, section "Forgetting". */
export function selectForgotten(
  records: readonly Candidate[],
  policy: ForgetPolicy,
  keep: ReadonlySet<string>,
  now: number,
): string[] {
  const { maxAgeDays, maxInactiveDays, budget, types, hardAgeMultiplier = 12 } = policy;
  const eligible = records.filter(
    (record) =>
      !record.pinned && !keep.has(record.id) && (types === undefined || types.includes(record.type)),
  );
  const stale = eligible.filter((record) => {
    const age = (now - toMilliseconds(record.createdAt)) / DAY;
    const inactive = (now - toMilliseconds(record.lastAccessedAt)) / DAY;
    const old = maxAgeDays !== undefined && age > maxAgeDays;
    const idle = maxInactiveDays !== undefined && inactive > maxInactiveDays;
    if (maxAgeDays === undefined || maxInactiveDays === undefined) return old || idle;
    return age > maxAgeDays * hardAgeMultiplier || (old && idle);
  });
  const gone = new Set(stale.map((record) => record.id));
  if (budget !== undefined) {
    const survivors = eligible.filter((record) => !gone.has(record.id));
    const byWorth = survivors.map((record) => ({ id: record.id, worth: worth(record, now) }));
    byWorth.sort((left, right) => right.worth - left.worth || (left.id < right.id ? -1 : 1));
    for (const { id } of byWorth.slice(budget)) gone.add(id);
  }
  return eligible.filter((record) => gone.has(record.id)).map((record) => record.id);
}

/** 0.6 freshness (half-life 7 days) and 0.4 novelty (half-life 30 days), as the contract weighs survivors. */
function worth(record: Candidate, now: number): number {
  const freshness = 2 ** (-Math.max(0, now - toMilliseconds(record.lastAccessedAt)) / (7 * DAY));
  const novelty = 2 ** (-Math.max(0, now - toMilliseconds(record.createdAt)) / (30 * DAY));
  return 0.6 * freshness + 0.4 * novelty;
}

function checkPolicy(policy: ForgetPolicy): void {
  const { maxAgeDays, maxInactiveDays, budget, types, hardAgeMultiplier } = policy;
  if (maxAgeDays !== undefined) numberBetween(maxAgeDays, "maxAgeDays", 0, Number.MAX_VALUE);
  if (maxInactiveDays !== undefined) numberBetween(maxInactiveDays, "maxInactiveDays", 0, Number.MAX_VALUE);
  if (hardAgeMultiplier !== undefined)
    numberBetween(hardAgeMultiplier, "hardAgeMultiplier", 0, Number.MAX_VALUE);
  if (budget !== undefined) wholeNumber(budget, "budget", 0);
  for (const [index, type] of (types ?? []).entries()) {
    if (!RECORD_TYPES.includes(type))
      throw ValidationError.of(["types", index], `must be one of ${RECORD_TYPES.join(", ")}`, type, "enum");
  }
}
