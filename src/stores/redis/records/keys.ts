import { tenantKey, tenantKeyBase } from "../keys.ts";

/**
 * What a tenant's records are kept in, in the order in which scripts take the keys. All are hashes from record id to
 * value unless said otherwise.
 */
export const RECORD_FIELDS = [
  /** Hash: the last `sequence` of the feed and the last `row` given out. */
  "counters",
  /** The present records as JSON, without version and accesses. */
  "records",
  /** What scripts must know of a record, see `HEADS`; the version stays when the record goes. */
  "heads",
  /** Index entries as bytes. */
  "entries",
  /** Access count and last access. */
  "accesses",
  /** Duplicate key to who has it. */
  "duplicates",
  /** Where an id led from when on. */
  "aliases",
  /** Sorted by name: target and alias. */
  "targets",
  /** Sorted by row. */
  "rows",
  /** Sorted by name: user, row and id. */
  "users",
  /** Sorted by name: everything, each user, session and namespace by creation, see `LISTS`. */
  "listing",
  /** Sorted by name: expiry and id. */
  "expiries",
  /** Sorted by name: maker of the index entry, row and id. */
  "makers",
  /** Idempotency key to what it was answered with. */
  "answers",
  /** Sorted by instant in microseconds: idempotency key. */
  "answered",
  /** Stream of changes. */
  "feed",
] as const;

export type RecordField = (typeof RECORD_FIELDS)[number];

export function recordKeys(prefix: string, tenant: string, fields: readonly RecordField[]): string[] {
  const base = tenantKeyBase(prefix, tenant);
  return fields.map((field) => base + field);
}

/** The versions of one record, a list. */
export function historyKey(prefix: string, tenant: string, id: string): string {
  return tenantKey(prefix, tenant, `history:${id}`);
}

export function historyKeys(prefix: string, tenant: string, ids: readonly string[]): string[] {
  const base = tenantKey(prefix, tenant, "history:");
  return ids.map((id) => base + id);
}
