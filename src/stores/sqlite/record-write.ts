import { ConflictError } from "../../core/errors.ts";
import type { ChangeKind, ChangeNote, MemoryRecord } from "../../core/record.ts";
import type { RecordDelete, RecordPut, RecordWrite, WriteBatch } from "../../core/store.ts";
import { type Instant, instantKey } from "../../core/time.ts";
import { setAlias } from "./aliases.ts";
import { keepAnswer } from "./answers.ts";
import type { Connection } from "./driver.ts";
import { appendChange, lastSequence } from "./feed.ts";
import {
  COLUMN_NAMES,
  columnValues,
  entryValues,
  expiryKey,
  PRESENT_COLUMNS,
  PRESENT_RECORDS,
  type PresentRow,
  presentRecord,
} from "./rows.ts";
import { tenantForWriting } from "./tenants.ts";
import type { Steps } from "./writer.ts";

/** What one write works with. */
export interface Writing {
  readonly connection: Connection;
  readonly tenant: number;
  readonly now: Instant;
}

export function* writeBatch(
  connection: Connection,
  tenantName: string,
  { writes, now, idempotency }: WriteBatch,
): Steps<{ readonly versions: readonly number[]; readonly sequence: number }> {
  const tenant = tenantForWriting(connection, tenantName);
  const writing: Writing = { connection, tenant, now };
  if (idempotency) keepAnswer(connection, tenant, idempotency, { result: idempotency.result, now });
  const versions: number[] = [];
  for (const write of writes) {
    versions.push(apply(writing, write));
    yield;
  }
  return { versions, sequence: lastSequence(connection, tenant) };
}

function apply(writing: Writing, write: RecordWrite): number {
  switch (write.kind) {
    case "put":
      return put(writing, write);
    case "delete":
      return remove(writing, write);
    case "alias":
      setAlias(writing, write.id, write.target);
      return 0;
  }
}

/** What a write has to know of the record that is there. */
interface CurrentRow {
  readonly row: number;
  readonly version: number;
  readonly expires_at: string | null;
}

function put(writing: Writing, write: RecordPut): number {
  const { connection, tenant } = writing;
  const { id } = write.record;
  const living = livingOrCleared(writing, id);
  expectVersion(id, write.expectedVersion, living);
  if (write.duplicateKey !== null) claimDuplicateKey(writing, id, write.duplicateKey);
  const version = living ? living.version + 1 : lastVersion(writing, id) + 1;
  const record: MemoryRecord = { ...write.record, version };
  const number = addVersion(writing, {
    record,
    version,
    change: write.change,
    note: write.note,
    present: true,
  });
  const values = [number, write.duplicateKey, ...columnValues(record)];
  if (living) {
    connection.run(UPDATE_RECORD, ...values, living.row);
    connection.run(UPDATE_ENTRY, ...entryValues(write.entry), living.row);
  } else {
    const { lastRow } = connection.run(INSERT_RECORD, tenant, ...values);
    connection.run(INSERT_ENTRY, lastRow, ...entryValues(write.entry));
  }
  setAlias(writing, id, null);
  return version;
}

const RECORD_COLUMNS = ["version_number", "duplicate_key", ...COLUMN_NAMES];
const INSERT_RECORD = `INSERT INTO records (tenant, ${RECORD_COLUMNS.join(", ")})
  VALUES (?, ${RECORD_COLUMNS.map(() => "?").join(", ")})`;
const UPDATE_RECORD = `UPDATE records SET ${RECORD_COLUMNS.map((name) => `${name} = ?`).join(", ")} WHERE row = ?`;
const INSERT_ENTRY = "INSERT INTO entries (row, embedder, analyzer, features, vector) VALUES (?, ?, ?, ?, ?)";
export const UPDATE_ENTRY =
  "UPDATE entries SET embedder = ?, analyzer = ?, features = ?, vector = ? WHERE row = ?";

/** The record of an id; one that has expired gives way, as it is gone already for every reader. */
function livingOrCleared({ connection, tenant, now }: Writing, id: string): CurrentRow | undefined {
  const current = connection.get<CurrentRow>(
    "SELECT row, version, expires_at FROM records WHERE tenant = ? AND id = ?",
    tenant,
    id,
  );
  if (!current || !hasExpired(current.expires_at, now)) return current;
  connection.run("DELETE FROM records WHERE row = ?", current.row);
  return undefined;
}

function claimDuplicateKey({ connection, tenant, now }: Writing, id: string, key: string): void {
  const owner = connection.get<{ row: number; id: string; expires_at: string | null }>(
    "SELECT row, id, expires_at FROM records WHERE tenant = ? AND duplicate_key = ?",
    tenant,
    key,
  );
  if (!owner || owner.id === id) return;
  if (!hasExpired(owner.expires_at, now))
    throw new ConflictError("version_conflict", `Record ${JSON.stringify(owner.id)} says the same.`, {
      details: { id, duplicate: owner.id },
    });
  connection.run("UPDATE records SET duplicate_key = NULL WHERE row = ?", owner.row);
}

function remove(writing: Writing, write: RecordDelete): number {
  const { connection, tenant, now } = writing;
  const current = connection.get<PresentRow & CurrentRow>(
    `SELECT r.row, r.version, r.expires_at, ${PRESENT_COLUMNS} FROM ${PRESENT_RECORDS} WHERE r.tenant = ? AND r.id = ?`,
    tenant,
    write.id,
  );
  const living = current && !hasExpired(current.expires_at, now) ? current : undefined;
  expectVersion(write.id, write.expectedVersion, living);
  if (!living) throw conflict(write.id, write.expectedVersion, 0);
  return removeRow(writing, living.row, presentRecord(living), write);
}

/** Takes a present record away, leaving its history; gives the version of the removal. */
export function removeRow(
  writing: Writing,
  row: number,
  record: MemoryRecord,
  { change, note }: Pick<RecordDelete, "change" | "note">,
): number {
  const version = record.version + 1;
  writing.connection.run("DELETE FROM records WHERE row = ?", row);
  addVersion(writing, { record, version, change, note, present: false });
  return version;
}

/** The last version an id ever had, erased ones included; 0 for a new id. */
export function lastVersion({ connection, tenant }: Writing, id: string): number {
  const row = connection.get<{ version: number | null }>(
    `SELECT coalesce((SELECT max(version) FROM versions WHERE tenant = ? AND id = ?),
       (SELECT version FROM erasures WHERE tenant = ? AND id = ?)) AS version`,
    tenant,
    id,
    tenant,
    id,
  );
  return row?.version ?? 0;
}

interface VersionToAdd {
  readonly record: MemoryRecord;
  readonly version: number;
  readonly change: ChangeKind;
  readonly note: ChangeNote;
  readonly present: boolean;
}

/** Adds to history and change feed; gives the number of the version's row. */
function addVersion(
  { connection, tenant, now }: Writing,
  { record, version, change, note, present }: VersionToAdd,
): number {
  const { id, namespace, userId, agentId, sessionId } = record;
  const scope = { namespace, userId, agentId, sessionId };
  appendChange(connection, tenant, { kind: "record", change, id, version, at: now, ...scope });
  const { lastRow } = connection.run(
    `INSERT INTO versions (tenant, id, version, change, present, at, user_id, created_at, expires_at, note, body)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    tenant,
    id,
    version,
    change,
    present ? 1 : 0,
    instantKey(now),
    userId,
    instantKey(record.createdAt),
    expiryKey(record.expiresAt),
    Object.keys(note).length === 0 ? null : JSON.stringify(note),
    JSON.stringify(record),
  );
  return lastRow;
}

function hasExpired(expiresAt: string | null, now: Instant): boolean {
  return expiresAt !== null && expiresAt <= instantKey(now);
}

function expectVersion(id: string, expected: number, living: CurrentRow | undefined): void {
  const actual = living?.version ?? 0;
  if (actual !== expected) throw conflict(id, expected, actual);
}

function conflict(id: string, expected: number, actual: number): ConflictError {
  return new ConflictError(
    "version_conflict",
    `Record ${JSON.stringify(id)} has version ${actual}, not ${expected}.`,
    { details: { id, expectedVersion: expected, actualVersion: actual } },
  );
}
