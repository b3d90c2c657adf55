import type { JsonInputObject, JsonObject } from "./json.ts";
import type { ResolvedScope, Scope } from "./scope.ts";
import type { Instant, InstantInput } from "./time.ts";

/** A fact · something that happened, with a date · how to do something · a kept turn of a conversation. */
export type RecordType = "semantic" | "episodic" | "procedural" | "message";
export const RECORD_TYPES: readonly RecordType[] = ["semantic", "episodic", "procedural", "message"];

/** One long-term memory. Plain JSON: it can be stored, sent and compared as it is. */
export interface MemoryRecord {
  /** Unique within the tenant. */
  readonly id: string;
  readonly text: string;
  readonly type: RecordType;
  readonly namespace: string | null;
  readonly userId: string | null;
  readonly agentId: string | null;
  readonly sessionId: string | null;
  /** Who said it, for a kept turn: a name or a role. */
  readonly speaker: string | null;
  readonly topics: readonly string[];
  readonly entities: readonly string[];
  /** How much it matters, 0 to 1. Default 0.5. */
  readonly importance: number;
  /** Pinned records are never forgotten by policy. */
  readonly pinned: boolean;
  /** When the thing the record tells of happened. */
  readonly eventDate: Instant | null;
  /** When the fact began to be true; null for "as long as we know". */
  readonly validFrom: Instant | null;
  /** When the fact ceased to be true (exclusive); null while it holds. */
  readonly validTo: Instant | null;
  /** From this instant on the record is gone from every answer; null for never. */
  readonly expiresAt: Instant | null;
  readonly metadata: JsonObject;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
  /** When a search last found it, or it was listed with `touch`; when it was added before that. */
  readonly lastAccessedAt: Instant;
  readonly accessCount: number;
  /** When a session's record or message was promoted to long-term memory; null for records added directly. */
  readonly persistedAt: Instant | null;
  /** Hex SHA-256 of the content, see `contentHash`. */
  readonly hash: string;
  /** 1 for the first version; every change adds one, across deletion and re-creation. */
  readonly version: number;
  /** Ids of the messages it was learned from. */
  readonly extractedFrom: readonly string[];
  readonly extractionStrategy: string;
  readonly extractionStrategyConfig: JsonObject;
  /** Whether learning has already looked at it. */
  readonly extracted: boolean;
}

/** What a caller gives to remember. Everything but the text has a default. */
export interface RecordInput extends Omit<Scope, "tenant"> {
  readonly text: string;
  /** Default: a new ULID. Giving an id that exists in the same scope writes its next version. */
  readonly id?: string;
  /** Default `semantic`. */
  readonly type?: RecordType;
  readonly speaker?: string;
  readonly topics?: readonly string[];
  readonly entities?: readonly string[];
  readonly importance?: number;
  readonly pinned?: boolean;
  readonly eventDate?: InstantInput;
  readonly validFrom?: InstantInput;
  readonly validTo?: InstantInput;
  readonly expiresAt?: InstantInput;
  readonly metadata?: JsonInputObject;
  /** Default now. Set it when importing; at most 300 seconds ahead of the clock. */
  readonly createdAt?: InstantInput;
  readonly updatedAt?: InstantInput;
  readonly lastAccessedAt?: InstantInput;
  readonly accessCount?: number;
  readonly persistedAt?: InstantInput;
  readonly extractedFrom?: readonly string[];
  readonly extractionStrategy?: string;
  readonly extractionStrategyConfig?: JsonObject;
  readonly extracted?: boolean;
}

/** Fields to change. A field left out stays; null clears a field that can be empty. Lists are replaced whole. */
export interface RecordPatch {
  readonly text?: string;
  readonly type?: RecordType;
  readonly namespace?: string | readonly string[] | null;
  readonly userId?: string | null;
  readonly agentId?: string | null;
  readonly sessionId?: string | null;
  readonly speaker?: string | null;
  readonly topics?: readonly string[];
  readonly entities?: readonly string[];
  readonly importance?: number;
  readonly pinned?: boolean;
  readonly eventDate?: InstantInput | null;
  readonly validFrom?: InstantInput | null;
  readonly validTo?: InstantInput | null;
  readonly expiresAt?: InstantInput | null;
  readonly metadata?: JsonInputObject;
  readonly extracted?: boolean;
  readonly persistedAt?: InstantInput | null;
}

/** What became of one added record. */
export type AddStatus = "created" | "updated" | "unchanged" | "duplicate";

/** An added record, and what became of it. */
export interface AddResult {
  /** The record as it is stored now. For a duplicate this is the record that was there before. */
  readonly record: MemoryRecord;
  readonly status: AddStatus;
}

/** What kind of change made a version. */
export type ChangeKind = "create" | "update" | "delete" | "forget" | "merge";

/** Why a change was made; kept with the version. */
export interface ChangeNote {
  /** Who made it, for example a user or service name. */
  readonly actor?: string;
  /** Why, in a sentence for people. */
  readonly reason?: string;
  /** 0 to 1: how sure the author was. */
  readonly confidence?: number;
}

/** One entry of a record's history, oldest first. */
export interface RecordVersion {
  readonly version: number;
  readonly change: ChangeKind;
  readonly at: Instant;
  readonly actor: string | null;
  readonly reason: string | null;
  readonly confidence: number | null;
  /** The record after the change; for a deletion, as it was last, with the version it had then. */
  readonly record: MemoryRecord;
}

/** The scope fields of a record as a resolved scope. */
export function scopeOf(tenant: string, record: Omit<ResolvedScope, "tenant">): ResolvedScope {
  const { namespace, userId, agentId, sessionId } = record;
  return { tenant, namespace, userId, agentId, sessionId };
}
