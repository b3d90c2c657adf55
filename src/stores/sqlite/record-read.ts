import type { MemoryRecord, RecordVersion } from "../../core/record.ts";
import type { ListQuery } from "../../core/store.ts";
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
  const resolved = resolveAlias(connection, tenant, id, moment.asOf);
  if (resolved === null) return null;
  return moment.asOf === undefined
    ? presentById(connection, tenant, resolved, moment.now)
    : pastById(connection, tenant, resolved, moment.now, moment.asOf);
}

function presentById(connection: Connection, tenant: number, id: string, now: Instant): MemoryRecord | null {
  const row = connection.get<PresentRow>(
    `SELECT ${PRESENT_COLUMNS} FROM ${PRESENT_RECORDS}
     WHERE r.tenant = ? AND r.id = ? AND (r.expires_at IS NULL OR r.expires_at > ?)`,
    tenant,
    id,
    instantKey(now),
  );
  return row ? presentRecord(row) : null;
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
