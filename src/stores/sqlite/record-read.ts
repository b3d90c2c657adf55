import type { MemoryRecord, RecordVersion } from "../../core/record.ts";
import type { IdPage, ListQuery } from "../../core/store.ts";
import { fromInstantKey, type Instant, instantKey } from "../../core/time.ts";
import { resolveAlias } from "./aliases.ts";
import type { Connection } from "./driver.ts";
import { PRESENT_COLUMNS, PRESENT_RECORDS, type PresentRow, presentRecord } from "./rows.ts";

type Moment = Pick<ListQuery, "now" | "asOf">;

export function readRecord(
  connection: Connection,
  tenant: number,
  id: string,
  moment: Moment,
): MemoryRecord | null {
  const { now, asOf } = moment;
  if (asOf === undefined) return presentById(connection, tenant, id, now);
  const resolved = resolveAlias(connection, tenant, id, asOf);
  return resolved === null ? null : pastById(connection, tenant, resolved, now, asOf);
}

/** Nearly every id is the record's own: one statement finds the record, and that there is nothing to follow. */
function presentById(connection: Connection, tenant: number, id: string, now: Instant): MemoryRecord | null {
  const row = connection.get<PresentRow & { aliased: number }>(
    `SELECT ${PRESENT_COLUMNS}, EXISTS (SELECT 1 FROM aliases a WHERE a.tenant = r.tenant AND a.id = r.id) AS aliased
     FROM ${PRESENT_RECORDS} WHERE r.tenant = ? AND r.id = ? AND (r.expires_at IS NULL OR r.expires_at > ?)`,
    tenant,
    id,
    instantKey(now),
  );
  if (row && row.aliased === 0) return presentRecord(row);
  const resolved = resolveAlias(connection, tenant, id);
  if (resolved === id) return row ? presentRecord(row) : null;
  return resolved === null ? null : presentById(connection, tenant, resolved, now);
}

function pastById(
  connection: Connection,
  tenant: number,
  id: string,
  now: Instant,
  asOf: Instant,
): MemoryRecord | null {
  const row = connection.get<{ present: number; body: string }>(
    "SELECT present, body FROM versions WHERE tenant = ? AND id = ? AND at <= ? ORDER BY version DESC LIMIT 1",
    tenant,
    id,
    instantKey(asOf),
  );
  if (!row?.present) return null;
  const record = JSON.parse(row.body) as MemoryRecord;
  return record.expiresAt === null || instantKey(record.expiresAt) > instantKey(now) ? record : null;
}

export function findDuplicates(
  connection: Connection,
  tenant: number,
  keys: readonly string[],
  now: Instant,
): Map<string, MemoryRecord> {
  const found = new Map<string, MemoryRecord>();
  for (const key of keys) {
    const row = connection.get<PresentRow>(
      `SELECT ${PRESENT_COLUMNS} FROM ${PRESENT_RECORDS}
       WHERE r.tenant = ? AND r.duplicate_key = ? AND (r.expires_at IS NULL OR r.expires_at > ?)`,
      tenant,
      key,
      instantKey(now),
    );
    if (row) found.set(key, presentRecord(row));
  }
  return found;
}

export function readHistory(connection: Connection, tenant: number, id: string): RecordVersion[] {
  const rows = connection.all<{
    version: number;
    change: RecordVersion["change"];
    note: string;
    body: string;
    at: string;
  }>(
    `SELECT version, change, coalesce(note, '{}') AS note, body, at FROM versions
     WHERE tenant = ? AND id = ? ORDER BY version`,
    tenant,
    id,
  );
  return rows.map(({ version, change, note, body, at }) => ({
    version,
    change,
    at: fromInstantKey(at),
    actor: null,
    reason: null,
    confidence: null,
    ...(JSON.parse(note) as Partial<RecordVersion>),
    record: JSON.parse(body) as MemoryRecord,
  }));
}

/** Every id there ever was, by id. */
export function usedIds(
  connection: Connection,
  tenant: number,
  { cursor, limit }: { readonly cursor: string | null; readonly limit: number },
): IdPage {
  const after = cursor ?? "";
  const rows = connection.all<{ id: string }>(
    `SELECT id FROM versions WHERE tenant = ? AND id > ?
     UNION SELECT id FROM erasures WHERE tenant = ? AND id > ? ORDER BY id LIMIT ?`,
    ...[tenant, after, tenant, after, limit + 1],
  );
  const ids = rows.slice(0, limit).map(({ id }) => id);
  return { ids, cursor: rows.length > limit ? (ids.at(-1) ?? null) : null };
}
