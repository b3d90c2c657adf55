import { ConflictError } from "../../core/errors.ts";
import type { ChangeKind, ChangeNote, MemoryRecord } from "../../core/record.ts";
import type { RecordDelete, RecordPut, RecordWrite, WriteBatch } from "../../core/store.ts";
import type { Instant } from "../../core/time.ts";
import { keyReused } from "./answers.ts";
import { type MemoryBacking, type Row, type TenantData, tenantForWriting } from "./backing.ts";
import { copy } from "./copy.ts";
import { appendChange, lastSequence } from "./feed.ts";
import { livingRow } from "./lookup.ts";
import { atomically, type Transaction } from "./transaction.ts";

/** What one write works with. */
export interface Writing {
  readonly backing: MemoryBacking;
  readonly data: TenantData;
  readonly transaction: Transaction;
  readonly now: Instant;
}

export function writeBatch(
  backing: MemoryBacking,
  tenant: string,
  batch: WriteBatch,
): { readonly versions: readonly number[]; readonly sequence: number } {
  const data = tenantForWriting(backing, tenant);
  const { writes, now, idempotency } = copy(batch);
  return atomically((transaction) => {
    const writing: Writing = { backing, data, transaction, now };
    if (idempotency) {
      const { key, fingerprint, result } = idempotency;
      if (data.answers.has(key)) throw keyReused(key);
      transaction.set(data.answers, key, { fingerprint, result, at: now });
    }
    return { versions: writes.map((write) => apply(writing, write)), sequence: lastSequence(data) };
  });
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

function put(writing: Writing, write: RecordPut): number {
  const { backing, data, transaction, now } = writing;
  const { duplicateKey, entry } = write;
  const { id } = write.record;
  const living = livingRow(data, id, now);
  expectVersion(id, write.expectedVersion, living);
  if (duplicateKey !== null) {
    const owner = data.duplicates.get(duplicateKey);
    if (owner !== undefined && owner !== id && livingRow(data, owner, now))
      throw new ConflictError("version_conflict", `Record ${JSON.stringify(owner)} says the same.`, {
        details: { id, duplicate: owner },
      });
  }
  const record: MemoryRecord = { ...write.record, version: nextVersion(data, id) };
  releaseKey(writing, id);
  if (duplicateKey !== null) transaction.set(data.duplicates, duplicateKey, id);
  const row = living?.row ?? ++backing.counters.row;
  transaction.set(data.rows, id, { row, record, entry, duplicateKey });
  setAlias(writing, id, null);
  addVersion(writing, {
    record,
    version: record.version,
    change: write.change,
    note: write.note,
    present: true,
  });
  return record.version;
}

function remove(writing: Writing, write: RecordDelete): number {
  const living = livingRow(writing.data, write.id, writing.now);
  expectVersion(write.id, write.expectedVersion, living);
  if (!living) throw conflict(write.id, write.expectedVersion, 0);
  return removeRow(writing, living, write.change, write.note);
}

/** Takes a present record away, leaving its history; gives the version of the removal. */
export function removeRow(
  writing: Writing,
  { record }: Row,
  change: RecordDelete["change"],
  note: ChangeNote,
): number {
  const version = nextVersion(writing.data, record.id);
  releaseKey(writing, record.id);
  writing.transaction.delete(writing.data.rows, record.id);
  addVersion(writing, { record, version, change, note, present: false });
  return version;
}

/** Frees the duplicate key a record holds, unless another took it over since the record expired. */
export function releaseKey({ data, transaction }: Writing, id: string): void {
  const key = data.rows.get(id)?.duplicateKey;
  if (typeof key === "string" && data.duplicates.get(key) === id) transaction.delete(data.duplicates, key);
}

export function nextVersion(data: TenantData, id: string): number {
  return (data.lastVersions.get(id) ?? 0) + 1;
}

function setAlias({ data, transaction, now }: Writing, id: string, target: string | null): void {
  const changes = data.aliases.get(id);
  if (!changes && target === null) return;
  transaction.set(data.aliases, id, [...(changes ?? []), { target, at: now }]);
}

interface VersionToAdd {
  readonly record: MemoryRecord;
  readonly version: number;
  readonly change: ChangeKind;
  readonly note: ChangeNote;
  readonly present: boolean;
}

function addVersion(writing: Writing, { record, version, change, note, present }: VersionToAdd): void {
  const { backing, data, transaction, now } = writing;
  const { actor = null, reason = null, confidence = null } = note;
  const entry = { version, change, at: now, actor, reason, confidence, record };
  const before = data.history.get(record.id) ?? [];
  transaction.set(data.history, record.id, [...before, { version: entry, present }]);
  transaction.set(data.lastVersions, record.id, version);
  const { id, namespace, userId, agentId, sessionId } = record;
  appendChange(backing, data, transaction, {
    kind: "record",
    change,
    id,
    version,
    at: now,
    namespace,
    userId,
    agentId,
    sessionId,
  });
}

function expectVersion(id: string, expected: number, living: Row | undefined): void {
  const actual = living?.record.version ?? 0;
  if (actual !== expected) throw conflict(id, expected, actual);
}

function conflict(id: string, expected: number, actual: number): ConflictError {
  return new ConflictError(
    "version_conflict",
    `Record ${JSON.stringify(id)} has version ${actual}, not ${expected}.`,
    { details: { id, expectedVersion: expected, actualVersion: actual } },
  );
}
