import type { IndexEntry } from "../../core/recall-index.ts";
import { forgettable, type VersionRetention } from "../../core/retention.ts";
import type { Instant } from "../../core/time.ts";
import { type MemoryBacking, type TenantData, tenantForWriting, tenantOf } from "./backing.ts";
import { copy } from "./copy.ts";
import { appendChange } from "./feed.ts";
import { expired, livingRow } from "./lookup.ts";
import { atomically } from "./transaction.ts";
import { nextVersion, releaseKey, removeRow } from "./writes.ts";

export function touchRecords(data: TenantData, ids: readonly string[], now: Instant): void {
  for (const id of ids) {
    const row = livingRow(data, id, now);
    if (!row) continue;
    const accessCount = row.record.accessCount + 1;
    data.rows.set(id, { ...row, record: { ...row.record, lastAccessedAt: now, accessCount } });
  }
}

export function reindexRecords(
  data: TenantData,
  entries: readonly { id: string; version: number; entry: IndexEntry }[],
): void {
  for (const { id, version, entry } of entries) {
    const row = data.rows.get(id);
    if (row?.record.version === version) data.rows.set(id, { ...row, entry: copy(entry) });
  }
}

export function removeExpiredRecords(
  backing: MemoryBacking,
  tenant: string,
  now: Instant,
  limit: number,
): string[] {
  const data = tenantOf(backing, tenant);
  const gone = [...data.rows.values()].filter(({ record }) => expired(record, now)).slice(0, limit);
  atomically((transaction) => {
    for (const row of gone)
      removeRow({ backing, data, transaction, now }, row, "delete", { reason: "expired" });
  });
  return gone.map(({ record }) => record.id);
}

export function eraseRecords(
  backing: MemoryBacking,
  tenant: string,
  ids: readonly string[],
  now: Instant,
): string[] {
  const data = tenantForWriting(backing, tenant);
  const known = [...new Set(ids)].filter((id) => data.history.has(id) || data.aliases.has(id));
  const erased = new Set(known);
  return atomically((transaction) => {
    for (const id of known) {
      const record = data.rows.get(id)?.record ?? data.history.get(id)?.at(-1)?.version.record;
      const version = nextVersion(data, id);
      releaseKey({ backing, data, transaction, now }, id);
      transaction.delete(data.rows, id);
      transaction.delete(data.history, id);
      transaction.delete(data.aliases, id);
      transaction.set(data.lastVersions, id, version);
      appendChange(backing, data, transaction, {
        kind: "record",
        change: "delete",
        id,
        version,
        at: now,
        namespace: record?.namespace ?? null,
        userId: record?.userId ?? null,
        agentId: record?.agentId ?? null,
        sessionId: record?.sessionId ?? null,
      });
    }
    for (const [id, changes] of data.aliases) {
      const left = changes.filter(({ target }) => target === null || !erased.has(target));
      if (left.length < changes.length) transaction.set(data.aliases, id, left);
    }
    return known;
  });
}

export function forgetVersions(
  data: TenantData,
  ids: readonly string[],
  retention: VersionRetention,
): number {
  let forgotten = 0;
  for (const id of ids) {
    const versions = data.history.get(id) ?? [];
    const old = forgettable(
      versions.map(({ version, present }) => ({ at: version.at, present })),
      retention,
    );
    if (old > 0) data.history.set(id, versions.slice(old));
    forgotten += old;
  }
  return forgotten;
}
