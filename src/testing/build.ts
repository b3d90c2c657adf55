import type { IndexEntry } from "../core/recall-index.ts";
import type { ChangeNote, MemoryRecord } from "../core/record.ts";
import type { Message, SessionKey } from "../core/session/state.ts";
import type { RecordDelete, RecordPut } from "../core/store.ts";
import { type Instant, parseInstant, toMilliseconds } from "../core/time.ts";

/** When the suites begin: any instant would do, as long as nobody asks the machine's clock. */
export const START: Instant = "2026-05-04T09:30:00Z";

/** So many seconds after the start, exact to the microsecond. */
export function at(seconds: number): Instant {
  return parseInstant(toMilliseconds(START) + seconds * 1000, "seconds");
}

/** A record before the store gives it its version. */
export type NewRecord = Omit<MemoryRecord, "version">;

/** A record to write, plain but for what `part` says. */
export function makeRecord(id: string, part: Partial<NewRecord> = {}): NewRecord {
  return {
    id,
    text: `The text of ${id}`,
    type: "semantic",
    namespace: null,
    userId: null,
    agentId: null,
    sessionId: null,
    speaker: null,
    topics: [],
    entities: [],
    importance: 0.5,
    pinned: false,
    eventDate: null,
    validFrom: null,
    validTo: null,
    expiresAt: null,
    metadata: {},
    createdAt: START,
    updatedAt: START,
    lastAccessedAt: START,
    accessCount: 0,
    persistedAt: null,
    hash: "0".repeat(64),
    extractedFrom: [],
    extractionStrategy: "none",
    extractionStrategyConfig: {},
    extracted: false,
    ...part,
  };
}

/** An index entry with a vector of three dimensions, plain but for what `part` says. */
export function makeEntry(part: Partial<IndexEntry> = {}): IndexEntry {
  return {
    embedder: "test-3",
    vector: Float32Array.of(0.6, 0.8, 0),
    analyzer: "test",
    features: Uint8Array.of(0, 7, 255),
    ...part,
  };
}

/** A write of a record; by default of an id that must be free. */
export function putRecord(
  record: NewRecord,
  part: Partial<Omit<RecordPut, "kind" | "record">> = {},
): RecordPut {
  const expectedVersion = part.expectedVersion ?? 0;
  return {
    kind: "put",
    record,
    expectedVersion,
    duplicateKey: null,
    entry: makeEntry(),
    change: expectedVersion === 0 ? "create" : "update",
    note: {},
    ...part,
  };
}

/** The deletion of a record that has this version. */
export function deleteRecord(
  id: string,
  expectedVersion: number,
  change: RecordDelete["change"] = "delete",
  note: ChangeNote = {},
): RecordDelete {
  return { kind: "delete", id, expectedVersion, change, note };
}

/** A message, plain but for what `part` says. */
export function makeMessage(id: string, part: Partial<Message> = {}): Message {
  return {
    id,
    role: "user",
    content: `The content of ${id}`,
    name: null,
    createdAt: START,
    metadata: {},
    persistedAt: null,
    extracted: false,
    ...part,
  };
}

/** The key of a session of the tenant `acme`, unless `part` says otherwise. */
export function sessionKey(sessionId: string, part: Partial<SessionKey> = {}): SessionKey {
  return { tenant: "acme", namespace: null, userId: null, sessionId, ...part };
}
