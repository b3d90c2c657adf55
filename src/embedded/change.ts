import { duplicateKey } from "../core/content-hash.ts";
import { NotFoundError } from "../core/errors.ts";
import { checkLabel } from "../core/identifiers.ts";
import type { ChangeNote, MemoryRecord, RecordPatch } from "../core/record.ts";
import { inScope, type ResolvedScope } from "../core/scope.ts";
import type { IdPage, RecordDelete } from "../core/store.ts";
import type { DeleteOptions, UpdateOptions } from "../operations.ts";
import { idempotencyOf } from "./add.ts";
import { patchRecord } from "./drafts.ts";
import { noteOf } from "./notes.ts";
import { type EmbeddedParts, present } from "./parts.ts";
import { finalConflict, retryConflicts } from "./retry.ts";

/** Changes fields of one record. */
export async function updateRecord(
  parts: EmbeddedParts,
  scope: ResolvedScope,
  id: string,
  patch: RecordPatch,
  options: UpdateOptions = {},
): Promise<MemoryRecord> {
  const idempotency = idempotencyOf(
    "update",
    scope,
    [id, patch, options.expectedVersion],
    options.idempotencyKey,
  );
  return retryConflicts(options.signal, async () => {
    const now = present(parts);
    const before = await readInScope(parts, scope, id);
    const done = idempotency && (await parts.records.recallResult(scope.tenant, idempotency));
    if (done) return before;
    expectVersion(before, options.expectedVersion);
    const draft = patchRecord(before, patch, now);
    const [entry] = await parts.indexer.entries([draft], options.signal ? { signal: options.signal } : {});
    if (!entry) throw new TypeError("The indexer gave no entry");
    const { versions } = await parts.records.write(scope.tenant, {
      writes: [
        {
          kind: "put",
          record: draft,
          expectedVersion: before.version,
          duplicateKey: await freeKey(parts, scope.tenant, draft),
          entry,
          change: "update",
          note: noteOf(options),
        },
      ],
      now,
      ...(idempotency && { idempotency: { ...idempotency, result: draft.id } }),
    });
    return { ...draft, version: versions[0] as number };
  });
}

/** The draft's duplicate key, unless another record already holds it: an edit may make two records alike. */
async function freeKey(
  parts: EmbeddedParts,
  tenant: string,
  draft: Omit<MemoryRecord, "version">,
): Promise<string | null> {
  const key = duplicateKey(draft);
  if (key === null) return null;
  const holder = (await parts.records.findDuplicates(tenant, [key], present(parts))).get(key);
  return holder === undefined || holder.id === draft.id ? key : null;
}

/** Deletes records; ids that are not there or not in the scope are passed over. */
export async function deleteRecords(
  parts: EmbeddedParts,
  scope: ResolvedScope,
  ids: readonly string[],
  options: DeleteOptions = {},
): Promise<string[]> {
  if (options.everything) return deleteAll(parts, scope, options);
  const wanted = [...new Set(ids.map((id, index) => checkLabel(id, ["ids", index])))];
  const content = [wanted, options.expectedVersion];
  const idempotency = idempotencyOf("delete", scope, content, options.idempotencyKey);
  return retryConflicts(options.signal, async () => {
    const now = present(parts);
    const done = idempotency && (await parts.records.recallResult(scope.tenant, idempotency));
    if (done) return done as string[];
    const found = await parts.records.read(scope.tenant, wanted, { now });
    // An alias is deleted as what it leads to only when named itself: forgetting one name must not destroy the record.
    const records = found.filter(
      (record, index): record is MemoryRecord =>
        record !== null && record.id === wanted[index] && inScope(scope, record),
    );
    for (const record of records) expectVersion(record, options.expectedVersion);
    const deleted = records.map((record) => record.id);
    if (deleted.length > 0 || idempotency) {
      await parts.records.write(scope.tenant, {
        writes: deletionsOf(records, "delete", options),
        now,
        ...(idempotency && { idempotency: { ...idempotency, result: deleted } }),
      });
    }
    if (options.erase) await eraseHistory(parts, scope, wanted, new Set(deleted));
    return deleted;
  });
}

/** Records deleted in one go. */
const ROUND = 200;

/** Not all or nothing: whoever was cut off does it again. */
async function deleteAll(
  parts: EmbeddedParts,
  scope: ResolvedScope,
  { everything: _, idempotencyKey: __, ...options }: DeleteOptions,
): Promise<string[]> {
  const deleted: string[] = [];
  let cursor: string | null = null;
  do {
    const page: IdPage = await parts.records.ids(scope.tenant, { cursor, limit: ROUND });
    deleted.push(...(await deleteRecords(parts, scope, page.ids, options)));
    cursor = page.cursor;
  } while (cursor !== null);
  return deleted;
}

/** Each against the version that was read: what changed meanwhile must be looked at again. */
export function deletionsOf(
  records: readonly Pick<MemoryRecord, "id" | "version">[],
  change: RecordDelete["change"],
  note: ChangeNote,
): RecordDelete[] {
  return records.map(({ id, version }) => ({
    kind: "delete",
    id,
    expectedVersion: version,
    change,
    note: noteOf(note),
  }));
}

/** Erases what was just deleted, and what was deleted or has expired earlier but is still in the history. */
async function eraseHistory(
  parts: EmbeddedParts,
  scope: ResolvedScope,
  ids: readonly string[],
  deleted: ReadonlySet<string>,
): Promise<void> {
  const erasable: string[] = [];
  for (const id of ids) {
    const latest = deleted.has(id) ? null : (await parts.records.history(scope.tenant, id)).at(-1);
    if (deleted.has(id) || (latest && inScope(scope, latest.record))) erasable.push(id);
  }
  if (erasable.length > 0) await parts.records.erase(scope.tenant, erasable, present(parts));
}

/** @throws NotFoundError when there is no such record in the scope. */
async function readInScope(parts: EmbeddedParts, scope: ResolvedScope, id: string): Promise<MemoryRecord> {
  const [record] = await parts.records.read(scope.tenant, [checkLabel(id, "id")], { now: present(parts) });
  if (!record || !inScope(scope, record))
    throw new NotFoundError("record_not_found", `Memory with ID ${id} not found`, { details: { id } });
  return record;
}

function expectVersion(record: MemoryRecord, expected: number | undefined): void {
  if (expected !== undefined && record.version !== expected)
    throw finalConflict(`The record is at version ${record.version}, not ${expected}.`, {
      id: record.id,
      expected,
      actual: record.version,
    });
}
