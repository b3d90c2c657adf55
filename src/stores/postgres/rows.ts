import type { FilterField } from "../../core/filter/fields.ts";
import type { MemoryRecord } from "../../core/record.ts";
import { fromInstantKey, type Instant, instantKey } from "../../core/time.ts";
import type { Row } from "./driver.ts";
import { decodeJson } from "./wire-text.ts";

/** Fields whose column has the `label_key` of the label. */
export const LABELS: ReadonlySet<FilterField> = new Set([
  "id",
  "namespace",
  "userId",
  "agentId",
  "sessionId",
]);

/** What `recordOf` takes. Accesses are counted beside the body, which stays as it was written. */
export const PRESENT_COLUMNS = "v.body, v.version, SCHEMA.instant_key(r.last_accessed_at), r.access_count";
export const PAST_COLUMNS = "v.body, v.version";

/** Present records with their bodies. */
export const PRESENT_RECORDS =
  "SCHEMA.records r JOIN SCHEMA.versions v ON v.tenant = r.tenant AND v.id = r.id AND v.version = r.version";

export function recordOf([body, version, lastAccessedAt, accessCount]: Row): MemoryRecord {
  const record = { ...decodeJson<Omit<MemoryRecord, "version">>(body ?? ""), version: Number(version) };
  if (lastAccessedAt == null) return record;
  return { ...record, lastAccessedAt: fromInstantKey(lastAccessedAt), accessCount: Number(accessCount) };
}

/** An instant as the server takes it. */
export function timestamp(instant: Instant): string {
  return instantKey(instant);
}
