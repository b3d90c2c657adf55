import { ConflictError } from "../../core/errors.ts";
import type { Idempotency } from "../../core/idempotency.ts";
import type { JsonValue } from "../../core/json.ts";
import type { MemoryRecord, RecordVersion } from "../../core/record.ts";
import type { ListQuery } from "../../core/store.ts";
import { fromInstantKey, type Instant } from "../../core/time.ts";
import { type Database, rowsOf } from "./database.ts";
import { labelKey } from "./labels.ts";
import { PRESENT_COLUMNS, PRESENT_RECORDS, recordOf, timestamp } from "./rows.ts";
import { constant, sql } from "./sql.ts";
import { decodeJson, decodeText } from "./wire-text.ts";

export async function readRecords(
  database: Database,
  tenant: string,
  ids: readonly string[],
  { now, asOf }: Pick<ListQuery, "now" | "asOf">,
): Promise<(MemoryRecord | null)[]> {
  const then = asOf === undefined ? null : timestamp(asOf);
  const rows = await database.ask(
    rowsOf(sql`SCHEMA.read_records(${tenant}, ${ids}, ${timestamp(now)}, ${then})`),
  );
  const found = ids.map((): MemoryRecord | null => null);
  for (const [place, ...row] of rows) found[Number(place) - 1] = recordOf(row);
  return found;
}

export async function findDuplicates(
  database: Database,
  tenant: string,
  keys: readonly string[],
  now: Instant,
): Promise<Map<string, MemoryRecord>> {
  const rows = await database.read(
    tenant,
    sql`SELECT asked.key, ${constant(PRESENT_COLUMNS)} FROM unnest(${keys}::text[]) AS asked (key)
      JOIN ${constant(PRESENT_RECORDS)} ON r.duplicate_key = SCHEMA.label_key(asked.key)
      WHERE r.tenant = ${labelKey(tenant)} AND (r.expires_at IS NULL OR r.expires_at > ${timestamp(now)})`,
  );
  return new Map(rows.map(([key = null, ...row]) => [decodeText(key) ?? "", recordOf(row)]));
}

export async function readHistory(database: Database, tenant: string, id: string): Promise<RecordVersion[]> {
  const rows = await database.read(
    tenant,
    sql`SELECT v.version, v.change, v.note, SCHEMA.instant_key(v.at), v.body, v.version,
        SCHEMA.instant_key(v.last_accessed_at), v.access_count FROM SCHEMA.versions v
      WHERE v.tenant = ${labelKey(tenant)} AND v.id = ${labelKey(id)} ORDER BY v.version`,
  );
  let last: MemoryRecord | undefined;
  return rows.map(([version, change, note, at, body, ...rest]) => {
    // Where a record went there is no body: it was as before, but for the accesses counted since.
    const record = body == null ? accessed(last as MemoryRecord, rest) : recordOf([body, ...rest]);
    last = record;
    return {
      version: Number(version),
      change: change as RecordVersion["change"],
      at: fromInstantKey(at ?? ""),
      actor: null,
      reason: null,
      confidence: null,
      ...(note == null ? {} : decodeJson<Partial<RecordVersion>>(note)),
      record,
    };
  });
}

function accessed(
  record: MemoryRecord,
  [, lastAccessedAt, accessCount]: readonly (string | null)[],
): MemoryRecord {
  return {
    ...structuredClone(record),
    lastAccessedAt: fromInstantKey(lastAccessedAt ?? ""),
    accessCount: Number(accessCount),
  };
}

/** The answer kept with an idempotency key; null for a new key. */
export async function keptAnswer(
  database: Database,
  tenant: string,
  idempotency: Idempotency,
): Promise<JsonValue | null> {
  const [row] = await database.read(
    tenant,
    sql`SELECT fingerprint, result FROM SCHEMA.answers
      WHERE tenant = ${labelKey(tenant)} AND key = ${labelKey(idempotency.key)}`,
  );
  if (!row) return null;
  const [fingerprint = null, result] = row;
  return checkedAnswer(idempotency, decodeText(fingerprint), decodeJson<JsonValue>(result ?? "null"));
}

/** @throws ConflictError when the key was used for another request. */
export function checkedAnswer<Answer>(
  { key, fingerprint }: Idempotency,
  kept: string | null,
  answer: Answer,
): Answer {
  if (kept === fingerprint) return answer;
  throw new ConflictError(
    "idempotency_key_reused",
    `The idempotency key ${JSON.stringify(key)} was used before.`,
    { details: { key } },
  );
}
