import { duplicateKey } from "../core/content-hash.ts";
import { ConflictError } from "../core/errors.ts";
import type { MemoryRecord } from "../core/record.ts";
import type { ResolvedScope } from "../core/scope.ts";
import { compareInstants } from "../core/time.ts";
import type { MemoryOperations } from "../operations.ts";

type Kept = Pick<MemoryRecord, "id" | "version" | "lastAccessedAt" | "pinned">;

/**
 * Removes exact duplicates of a scope, keeping a pinned one or else the most recently used.
 * @returns how many records are left.
 */
export async function compact(
  operations: MemoryOperations,
  scope: ResolvedScope,
  signal: AbortSignal,
): Promise<number> {
  const best = new Map<string, Kept>();
  const surplus: Kept[] = [];
  for (let cursor: string | null = null; ; ) {
    const page = await operations.list(scope, {
      limit: 1000,
      order: "oldest",
      signal,
      ...(cursor !== null && { cursor }),
    });
    for (const record of page.records) {
      const key = duplicateKey(record);
      if (key === null) continue;
      const rival = best.get(key);
      if (rival === undefined || isBetter(record, rival)) best.set(key, record);
      if (rival !== undefined) surplus.push(isBetter(record, rival) ? rival : record);
    }
    cursor = page.cursor;
    if (cursor === null) break;
  }
  for (const { id, version } of surplus) await removeUnchanged(operations, scope, id, version);
  return (await operations.list(scope, { limit: 1, signal })).total;
}

/** Removes a duplicate, unless somebody has changed it meanwhile: it may be no duplicate any more. */
async function removeUnchanged(
  operations: MemoryOperations,
  scope: ResolvedScope,
  id: string,
  expectedVersion: number,
): Promise<void> {
  try {
    await operations.delete(scope, [id], { expectedVersion, reason: "exact duplicate" });
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
  }
}

function isBetter(record: Kept, rival: Kept): boolean {
  if (record.pinned !== rival.pinned) return record.pinned;
  return compareInstants(record.lastAccessedAt, rival.lastAccessedAt) > 0;
}
