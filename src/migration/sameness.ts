import { type JsonValue, jsonEquals } from "../core/json.ts";
import type { MemoryRecord, RecordVersion } from "../core/record.ts";
import { withoutExpiredFields } from "../core/session/fields.ts";
import type { SessionState } from "../core/session/state.ts";
import type { Instant } from "../core/time.ts";

/** Whether two records say the same. Versions and counted accesses are each store's own. */
export function sameRecord(one: MemoryRecord, other: MemoryRecord | null | undefined): boolean {
  return other != null && same(withoutCounts(one), withoutCounts(other));
}

/** Whether two versions are of the same change. The removal of what had expired may have been told of a bit earlier. */
export function sameVersion(one: RecordVersion, other: RecordVersion | undefined): boolean {
  return (
    other !== undefined &&
    one.change === other.change &&
    one.actor === other.actor &&
    one.reason === other.reason &&
    one.confidence === other.confidence &&
    sameRecord(one.record, other.record)
  );
}

/**
 * Whether two sessions hold the same at an instant. The version counts the writes of each store, and of a fixed expiry, which is
 * an instant, the time to live counts from when it was written there.
 */
export function sameSession(one: SessionState | null, other: SessionState | null, now: Instant): boolean {
  if (one === null || other === null) return one === other;
  const held = (state: SessionState) => ({
    ...withoutExpiredFields(state, now),
    version: 0,
    ...(!state.slidingExpiry && { ttlSeconds: null }),
  });
  return same(held(one), held(other));
}

function withoutCounts(record: MemoryRecord): object {
  return { ...record, version: 0, lastAccessedAt: "", accessCount: 0 };
}

function same(one: object, other: object): boolean {
  return jsonEquals(one as JsonValue, other as JsonValue);
}
