import type { RecordPut, RecordWrite, WriteBatch } from "../../core/store.ts";
import type { Instant } from "../../core/time.ts";
import type { Database } from "./database.ts";
import { entryBytes, writtenEntry } from "./entries.ts";
import { timestamp } from "./rows.ts";
import { type Sql, sql } from "./sql.ts";
import { decodeJson, decodeText, encodeJson } from "./wire-text.ts";

interface Written {
  readonly versions: readonly number[];
  readonly sequence: number;
}

export function writeBatch(database: Database, tenant: string, batch: WriteBatch): Promise<Written> {
  const { writes } = batch;
  const [only] = writes;
  const isNew = only?.kind === "put" && only.expectedVersion === 0;
  const alone = writes.length === 1 && isNew && batch.idempotency === undefined;
  return database.write(tenant, {
    call: alone ? newRecord(tenant, only, batch.now) : anyWrites(tenant, batch),
    result: ([row]) => decodeJson<Written>(row?.[0] ?? ""),
    recovered(changes) {
      const versions = changes.map(({ version }) => version);
      return {
        versions: writes.map(({ kind }) => (kind === "alias" ? 0 : (versions.shift() ?? 0))),
        sequence: changes.at(-1)?.sequence ?? 0,
      };
    },
  });
}

type Call = (request: string) => Sql;

function newRecord(
  tenant: string,
  { record, entry, duplicateKey, change, note }: RecordPut,
  now: Instant,
): Call {
  const [body, given] = [encodeJson(record), noteOf(note).note];
  const { features, vector } = entryBytes(entry);
  return (request) =>
    sql`SCHEMA.write_new_record(${tenant}, ${timestamp(now)}, ${request}, ${record.id}, ${duplicateKey}, ${change},
      ${given ? encodeJson(given) : null}, ${body}, ${entry.embedder}, ${entry.analyzer}, ${features}, ${vector})`;
}

function anyWrites(tenant: string, { writes, now, idempotency }: WriteBatch): Call {
  const answer = idempotency === undefined ? null : encodeJson(idempotency);
  const batch = encodeJson(writes.map(written));
  const fresh = freshOf(writes);
  return (request) =>
    sql`SCHEMA.write_records(${tenant}, ${timestamp(now)}, ${request}, ${answer}, ${batch},
      ${fresh?.ids ?? null}, ${fresh?.keys ?? null})`;
}

/** Ids and duplicate keys of a batch of nothing but records that should be new and do not get in each other's way. */
function freshOf(writes: readonly RecordWrite[]): { ids: string[]; keys: string[] } | null {
  const ids = new Set<string>();
  const keys: string[] = [];
  for (const write of writes) {
    if (write.kind !== "put" || write.expectedVersion !== 0) return null;
    ids.add(write.record.id);
    if (write.duplicateKey !== null) keys.push(write.duplicateKey);
  }
  const distinct = ids.size === writes.length && new Set(keys).size === keys.length;
  return distinct && ids.size > 0 ? { ids: [...ids], keys } : null;
}

/** A write as the function `write_records` takes it. */
function written(write: RecordWrite): object {
  switch (write.kind) {
    case "put": {
      const { entry, note, record, ...rest } = write;
      return { ...rest, id: record.id, record, ...noteOf(note), ...writtenEntry(entry) };
    }
    case "delete": {
      const { note, ...rest } = write;
      return { ...rest, ...noteOf(note) };
    }
    case "alias":
      return write;
  }
}

function noteOf(note: object): { note?: object } {
  return Object.keys(note).length === 0 ? {} : { note };
}

export function eraseRecords(
  database: Database,
  tenant: string,
  ids: readonly string[],
  now: Instant,
): Promise<string[]> {
  const wanted = [...new Set(ids)];
  return database.write(tenant, {
    call: (request) => sql`SCHEMA.erase_records(${tenant}, ${wanted}, ${timestamp(now)}, ${request})`,
    result: (rows) => rows.map(([id = null]) => decodeText(id) ?? ""),
    recovered: (changes) => changes.map(({ id }) => id),
  });
}

export function forgetAnswers(
  database: Database,
  tenant: string,
  before: Instant,
  limit: number,
): Promise<number> {
  return database.write(tenant, {
    call: () => sql`SCHEMA.forget_answers(${tenant}, ${timestamp(before)}, ${limit})`,
    result: ([row]) => Number(row?.[0]),
  });
}

export function removeExpiredRecords(
  database: Database,
  tenant: string,
  now: Instant,
  limit: number,
): Promise<string[]> {
  return database.write(tenant, {
    call: (request) => sql`SCHEMA.remove_expired_records(${tenant}, ${timestamp(now)}, ${limit}, ${request})`,
    result: (rows) => rows.map(([id = null]) => decodeText(id) ?? ""),
    recovered: (changes) => changes.map(({ id }) => id),
  });
}

export async function touchRecords(
  database: Database,
  tenant: string,
  ids: readonly string[],
  now: Instant,
): Promise<void> {
  await database.write(tenant, {
    call: () => sql`SCHEMA.touch_records(${tenant}, ${ids}, ${timestamp(now)})`,
    result: () => undefined,
  });
}
