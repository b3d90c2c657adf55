import { contentHash } from "../core/content-hash.ts";
import { ValidationError } from "../core/errors.ts";
import { checkLabel, checkText } from "../core/identifiers.ts";
import { checkJsonObject } from "../core/json.ts";
import {
  type MemoryRecord,
  RECORD_TYPES,
  type RecordInput,
  type RecordPatch,
  type RecordType,
} from "../core/record.ts";
import { narrowScope, type ResolvedScope, type Scope } from "../core/scope.ts";
import { checkPast } from "../core/session/messages.ts";
import { compareInstants, type Instant, type InstantInput, parseInstant } from "../core/time.ts";

type Path = readonly (string | number)[];

/** A record before the store gave it a version. */
export type RecordDraft = Omit<MemoryRecord, "version">;

/**
 * Checks a record and fills in its defaults.
 * @throws ValidationError naming the field.
 */
export function draftRecord(
  input: RecordInput,
  { scope, now, id, path }: { scope: ResolvedScope; now: Instant; id: string; path: Path },
): RecordDraft {
  const { namespace, userId, agentId, sessionId } = inputScope(scope, input, path);
  const draft = {
    id,
    text: requireText(input.text, [...path, "text"]),
    type: recordType(input.type ?? "semantic", [...path, "type"]),
    namespace,
    userId,
    agentId,
    sessionId,
    speaker: input.speaker === undefined ? null : checkLabel(input.speaker, [...path, "speaker"]),
    topics: tags(input.topics ?? [], [...path, "topics"]),
    entities: tags(input.entities ?? [], [...path, "entities"]),
    importance: share(input.importance ?? 0.5, [...path, "importance"]),
    pinned: flag(input.pinned ?? false, [...path, "pinned"]),
    eventDate: instantOrNull(input.eventDate, [...path, "eventDate"]),
    validFrom: instantOrNull(input.validFrom, [...path, "validFrom"]),
    validTo: instantOrNull(input.validTo, [...path, "validTo"]),
    expiresAt: instantOrNull(input.expiresAt, [...path, "expiresAt"]),
    metadata: checkJsonObject(input.metadata ?? {}, [...path, "metadata"]),
    createdAt: past(input.createdAt, now, [...path, "createdAt"]),
    updatedAt: past(input.updatedAt, now, [...path, "updatedAt"]),
    lastAccessedAt: past(input.lastAccessedAt, now, [...path, "lastAccessedAt"]),
    accessCount: count(input.accessCount ?? 0, [...path, "accessCount"]),
    persistedAt: instantOrNull(input.persistedAt, [...path, "persistedAt"]),
    extractedFrom: tags(input.extractedFrom ?? [], [...path, "extractedFrom"]),
    extractionStrategy: checkText(input.extractionStrategy ?? "discrete", [...path, "extractionStrategy"]),
    extractionStrategyConfig: checkJsonObject(input.extractionStrategyConfig ?? {}, [
      ...path,
      "extractionStrategyConfig",
    ]),
    extracted: flag(input.extracted ?? true, [...path, "extracted"]),
  };
  checkValidity(draft, path);
  return { ...draft, hash: contentHash(draft) };
}

/**
 * Applies a patch to a record.
 * @throws ValidationError naming the field, also for a field that cannot be changed.
 */
export function patchRecord(record: MemoryRecord, patch: RecordPatch, now: Instant): RecordDraft {
  const { version: _, ...draft } = record;
  const changes = Object.entries(patch).filter(([, value]) => value !== undefined);
  if (changes.length === 0) throw ValidationError.of("patch", "must change at least one field");
  const next = Object.fromEntries(changes.map(([field, value]) => [field, patchedField(field, value)]));
  const patched: RecordDraft = { ...draft, ...next, updatedAt: now };
  checkValidity(patched, []);
  return { ...patched, hash: contentHash(patched) };
}

function patchedField(field: string, value: unknown): unknown {
  switch (field as keyof RecordPatch) {
    case "text":
      return requireText(value, [field]);
    case "type":
      return recordType(value, [field]);
    case "namespace":
      return value === null ? null : narrowed({ namespace: value as string | string[] }).namespace;
    case "userId":
    case "agentId":
    case "sessionId":
    case "speaker":
      return value === null ? null : checkLabel(value, field);
    case "topics":
    case "entities":
      return tags(value, [field]);
    case "importance":
      return share(value, [field]);
    case "pinned":
    case "extracted":
      return flag(value, [field]);
    case "eventDate":
    case "validFrom":
    case "validTo":
    case "expiresAt":
    case "persistedAt":
      return instantOrNull(value as InstantInput | null, [field]);
    case "metadata":
      return checkJsonObject(value, [field]);
    default:
      throw ValidationError.of(field, "is not a field that can be changed");
  }
}

function narrowed(scope: Scope): ResolvedScope {
  return narrowScope({ tenant: "", namespace: null, userId: null, agentId: null, sessionId: null }, scope);
}

/** The input's own scope fields may fill what the scope leaves open, and must agree with what it sets. */
function inputScope(scope: ResolvedScope, input: RecordInput, path: Path): ResolvedScope {
  try {
    const { namespace, userId, agentId, sessionId } = input;
    return narrowScope(scope, {
      ...(namespace !== undefined && { namespace }),
      ...(userId !== undefined && { userId }),
      ...(agentId !== undefined && { agentId }),
      ...(sessionId !== undefined && { sessionId }),
    });
  } catch (error) {
    if (error instanceof ValidationError)
      throw new ValidationError(error.issues.map((issue) => ({ ...issue, path: [...path, ...issue.path] })));
    throw error;
  }
}

function requireText(value: unknown, path: Path): string {
  const text = checkText(value, path);
  if (text === "") throw ValidationError.of(path, "must not be empty", value);
  return text;
}

function recordType(value: unknown, path: Path): RecordType {
  const type = RECORD_TYPES.find((known) => known === value);
  if (!type) throw ValidationError.of(path, `must be one of ${RECORD_TYPES.join(", ")}`, value, "enum");
  return type;
}

function tags(value: unknown, path: Path): string[] {
  if (!Array.isArray(value)) throw ValidationError.of(path, "must be a list of strings", value, "list_type");
  return value.map((tag, index) => checkText(tag, [...path, index]));
}

function share(value: unknown, path: Path): number {
  if (typeof value === "number" && value >= 0 && value <= 1) return value;
  throw ValidationError.of(path, "must be a number from 0 to 1", value, "float_type");
}

function count(value: unknown, path: Path): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw ValidationError.of(path, "must be a whole number, 0 or more", value, "greater_than_equal");
}

function flag(value: unknown, path: Path): boolean {
  if (typeof value === "boolean") return value;
  throw ValidationError.of(path, "must be true or false", value, "bool_type");
}

function past(value: InstantInput | undefined, now: Instant, path: Path): Instant {
  return value === undefined ? now : checkPast(value, now, path);
}

function instantOrNull(value: InstantInput | null | undefined, path: Path): Instant | null {
  return value == null ? null : parseInstant(value, path);
}

function checkValidity(record: Pick<MemoryRecord, "validFrom" | "validTo">, path: Path): void {
  if (
    record.validFrom !== null &&
    record.validTo !== null &&
    compareInstants(record.validFrom, record.validTo) > 0
  )
    throw ValidationError.of([...path, "validTo"], "must not be before validFrom", record.validTo);
}
