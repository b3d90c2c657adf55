import { duplicateKey, sha256Hex, TextHash } from "../core/content-hash.ts";
import { ConflictError, NotFoundError, ValidationError } from "../core/errors.ts";
import type { Idempotency } from "../core/idempotency.ts";
import { checkLabel } from "../core/identifiers.ts";
import { type JsonValue, jsonEquals } from "../core/json.ts";
import {
  type AddResult,
  type AddStatus,
  type MemoryRecord,
  type RecordInput,
  scopeOf,
} from "../core/record.ts";
import { inScope, type ResolvedScope } from "../core/scope.ts";
import type { RecordWrite } from "../core/store.ts";
import type { AddOptions } from "../operations.ts";
import { draftRecord, type RecordDraft } from "./drafts.ts";
import { noteOf } from "./notes.ts";
import { type EmbeddedParts, present } from "./parts.ts";
import { retryConflicts } from "./retry.ts";
import { inSlices, mapInTurns } from "./turns.ts";

/** What is to become of one input. */
interface Decision {
  readonly status: AddStatus;
  /** The record as it will be stored, or as it is when nothing needs to be written. */
  readonly record: RecordDraft | MemoryRecord;
  /** The version to replace, 0 for a new record; null when nothing needs to be written. */
  readonly replaces: number | null;
  readonly duplicateKey: string | null;
  /** Position of the earlier input of the same call that this one repeats. */
  readonly repeats?: number;
}

/** Adds records in one atomic write, recognising known ids and exact duplicates. */
export async function addRecords(
  parts: EmbeddedParts,
  scope: ResolvedScope,
  inputs: readonly RecordInput[],
  options: AddOptions = {},
): Promise<AddResult[]> {
  if (inputs.length === 0) return [];
  const now = present(parts);
  const given = givenIds(inputs);
  const draft = (input: RecordInput, index: number) => {
    const path = inputs.length === 1 ? [] : [index];
    return draftRecord(input, { scope, now, id: given[index] ?? parts.ids.next(), path });
  };
  const drafts = await mapInTurns(inputs, draft, options.signal);
  const idempotency = await idempotencyOfList("add", scope, inputs, options);
  return retryConflicts(options.signal, async () => {
    const known = idempotency && (await parts.records.recallResult(scope.tenant, idempotency));
    if (known) return repeatedAnswer(parts, scope.tenant, known);
    const decisions = await decide(parts, scope, inputs, drafts, options);
    const writes = await toWrites(parts, decisions, given, options);
    const brief = ({ record, status }: Decision) => ({ id: record.id, status });
    const result = await mapInTurns(decisions, brief, options.signal);
    const { versions } =
      writes.length > 0 || idempotency
        ? await parts.records.write(scope.tenant, {
            writes,
            now,
            ...(idempotency && { idempotency: { ...idempotency, result } }),
          })
        : { versions: [] };
    return answer(decisions, versions);
  });
}

/** The key of a write with a fingerprint of what it asks, or null without a key. */
export function idempotencyOf(
  operation: string,
  scope: ResolvedScope,
  content: unknown,
  key: string | undefined,
): Idempotency | null {
  if (key === undefined) return null;
  const fingerprint = sha256Hex(JSON.stringify([operation, scope, content]));
  return { key: checkLabel(key, "idempotencyKey"), fingerprint };
}

/** The same for a list, which may be long. */
async function idempotencyOfList(
  operation: string,
  scope: ResolvedScope,
  content: readonly unknown[],
  { idempotencyKey: key, signal }: AddOptions,
): Promise<Idempotency | null> {
  if (key === undefined) return null;
  const hash = new TextHash();
  hash.add(`[${JSON.stringify(operation)},${JSON.stringify(scope)},[`);
  const addItem = (item: unknown, index: number) =>
    hash.add(`${index > 0 ? "," : ""}${JSON.stringify(item)}`);
  await mapInTurns(content, addItem, signal);
  hash.add("]]");
  return { key: checkLabel(key, "idempotencyKey"), fingerprint: hash.hex() };
}

function givenIds(inputs: readonly RecordInput[]): (string | undefined)[] {
  const seen = new Set<string>();
  return inputs.map((input, index) => {
    if (typeof input !== "object" || input === null)
      throw ValidationError.of([index], "must be a text or a record", input, "model_attributes_type");
    if (input.id === undefined) return undefined;
    const id = checkLabel(input.id, inputs.length === 1 ? ["id"] : [index, "id"]);
    if (seen.has(id)) throw ValidationError.of([index, "id"], "is given twice in one call", id);
    seen.add(id);
    return id;
  });
}

async function decide(
  parts: EmbeddedParts,
  scope: ResolvedScope,
  inputs: readonly RecordInput[],
  drafts: readonly RecordDraft[],
  options: AddOptions,
): Promise<Decision[]> {
  const now = present(parts);
  const { signal } = options;
  // An id that was made for this call is new. The slices may see different states: the write checks again what was
  // decided from them.
  const ids = drafts.filter((_, index) => inputs[index]?.id !== undefined).map((draft) => draft.id);
  const read = await inSlices(ids, (some) => parts.records.read(scope.tenant, some, { now }), signal);
  const existing = new Map(read.map((record, index) => [ids[index], record] as const));
  const keyOf = (draft: RecordDraft) => (options.deduplicate === false ? null : duplicateKey(draft));
  const keys = await mapInTurns(drafts, keyOf, signal);
  const wanted = [...new Set(keys.filter((key) => key !== null))];
  const find = (some: readonly string[]) => parts.records.findDuplicates(scope.tenant, some, now);
  const stored = new Map(await inSlices(wanted, find, signal));
  const firstWithKey = new Map<string, number>();
  const decisions: Decision[] = [];
  const decideOne = (draft: RecordDraft, index: number) => {
    const before = existing.get(draft.id);
    const key = keys[index] ?? null;
    const holder: MemoryRecord | undefined = key === null ? undefined : stored.get(key);
    const repeats = key === null ? undefined : firstWithKey.get(key);
    if (before && before.id === draft.id) {
      const free = (holder === undefined || holder.id === draft.id) && repeats === undefined;
      decisions.push(replacing(scope, before, inputs[index] as RecordInput, draft, free ? key : null));
    } else if (repeats !== undefined) {
      decisions.push({
        status: "duplicate",
        record: (decisions[repeats] as Decision).record,
        replaces: null,
        duplicateKey: key,
        repeats,
      });
    } else if (holder !== undefined) {
      decisions.push(absorbing(holder, draft, key));
    } else {
      decisions.push({ status: "created", record: draft, replaces: 0, duplicateKey: key });
    }
    if (key !== null && !firstWithKey.has(key)) firstWithKey.set(key, index);
  };
  await mapInTurns(drafts, decideOne, signal);
  return decisions;
}

/** An id that exists in the same scope gets its next version, unless nothing would change. */
function replacing(
  scope: ResolvedScope,
  before: MemoryRecord,
  input: RecordInput,
  draft: RecordDraft,
  key: string | null,
): Decision {
  const [old, fresh] = [scopeOf(scope.tenant, before), scopeOf(scope.tenant, draft)];
  if (!inScope(fresh, old) || !inScope(old, fresh))
    throw new ConflictError("id_in_use", `The id ${JSON.stringify(draft.id)} is used in another scope.`, {
      details: { id: draft.id },
    });
  const merged: RecordDraft = {
    ...draft,
    createdAt: input.createdAt === undefined ? before.createdAt : draft.createdAt,
    lastAccessedAt: input.lastAccessedAt === undefined ? before.lastAccessedAt : draft.lastAccessedAt,
    accessCount: input.accessCount === undefined ? before.accessCount : draft.accessCount,
    persistedAt: input.persistedAt === undefined ? before.persistedAt : draft.persistedAt,
  };
  if (sameContent(before, merged))
    return { status: "unchanged", record: before, replaces: null, duplicateKey: key };
  return { status: "updated", record: merged, replaces: before.version, duplicateKey: key };
}

/** A duplicate is not stored again, but what it knows beyond the words is not lost: tags and metadata are united. */
function absorbing(holder: MemoryRecord, draft: RecordDraft, key: string | null): Decision {
  const { version, ...current } = holder;
  const united: RecordDraft = {
    ...current,
    topics: [...new Set([...current.topics, ...draft.topics])],
    entities: [...new Set([...current.entities, ...draft.entities])],
    extractedFrom: [...new Set([...current.extractedFrom, ...draft.extractedFrom])],
    metadata: { ...draft.metadata, ...current.metadata },
    importance: Math.max(current.importance, draft.importance),
    pinned: current.pinned || draft.pinned,
    lastAccessedAt: draft.updatedAt,
  };
  if (sameContent(holder, { ...united, lastAccessedAt: holder.lastAccessedAt }))
    return { status: "duplicate", record: holder, replaces: null, duplicateKey: key };
  return {
    status: "duplicate",
    record: { ...united, updatedAt: draft.updatedAt },
    replaces: version,
    duplicateKey: key,
  };
}

function sameContent(before: MemoryRecord, after: RecordDraft): boolean {
  const { version: _, ...current } = before;
  return jsonEquals(
    { ...current, updatedAt: "" } as unknown as JsonValue,
    { ...after, updatedAt: "" } as unknown as JsonValue,
  );
}

async function toWrites(
  parts: EmbeddedParts,
  decisions: readonly Decision[],
  given: readonly (string | undefined)[],
  options: AddOptions,
): Promise<RecordWrite[]> {
  const puts = decisions.filter((decision) => decision.replaces !== null);
  const { signal } = options;
  const drafts = await mapInTurns(puts, ({ record }) => withoutVersion(record), signal);
  const makeEntries = (some: readonly RecordDraft[]) => parts.indexer.entries(some, signal ? { signal } : {});
  const entries = await inSlices(drafts, makeEntries, signal);
  const note = noteOf(options);
  const put = (decision: Decision, index: number): RecordWrite => ({
    kind: "put",
    record: drafts[index] as RecordDraft,
    expectedVersion: decision.replaces ?? 0,
    duplicateKey: decision.duplicateKey,
    entry: entries[index] as (typeof entries)[number],
    change: decision.status === "created" ? "create" : decision.status === "duplicate" ? "merge" : "update",
    note,
  });
  const writes = await mapInTurns(puts, put, signal);
  // A duplicate's own id must resolve, if the caller knows it.
  for (const [index, { status, record }] of decisions.entries()) {
    const id = given[index];
    if (status === "duplicate" && id !== undefined) writes.push({ kind: "alias", id, target: record.id });
  }
  return writes;
}

function withoutVersion(record: RecordDraft | MemoryRecord): RecordDraft {
  const { version: _, ...draft } = record as MemoryRecord;
  return draft;
}

/** Puts come first in the batch, in the order of their decisions, so their versions can be dealt out in turn. */
function answer(decisions: readonly Decision[], versions: readonly number[]): Promise<AddResult[]> {
  const records: MemoryRecord[] = [];
  let next = 0;
  // Not to be broken off any more: it is written.
  return mapInTurns(decisions, ({ record, replaces, repeats, status }) => {
    const stored =
      repeats !== undefined
        ? (records[repeats] as MemoryRecord)
        : replaces === null
          ? (record as MemoryRecord)
          : { ...withoutVersion(record), version: versions[next++] as number };
    records.push(stored);
    return { record: stored, status };
  });
}

/** The answer to a write that was already done, from what is stored now. */
async function repeatedAnswer(parts: EmbeddedParts, tenant: string, result: JsonValue): Promise<AddResult[]> {
  const entries = result as { id: string; status: AddStatus }[];
  const ids = entries.map((entry) => entry.id);
  const records = await parts.records.read(tenant, ids, { now: present(parts) });
  return entries.map(({ id, status }, index) => {
    const record = records[index];
    if (!record)
      throw new NotFoundError(
        "record_not_found",
        `The record ${JSON.stringify(id)} was added, and deleted since.`,
        {
          details: { id },
        },
      );
    return { record, status };
  });
}
