import type { Idempotency } from "./idempotency.ts";
import type { JsonValue } from "./json.ts";
import type { SessionOperation } from "./session/operations.ts";
import type { SessionKey, SessionState } from "./session/state.ts";
import type { Instant } from "./time.ts";

/** How a session is written. */
export interface SessionWrite {
  readonly operations: readonly SessionOperation[];
  readonly now: Instant;
  /** The version the session must have; 0 when it must not exist. Left out: any. */
  readonly expectedVersion?: number;
  /** False: a session that is not there is an error instead of being created. Default true. */
  readonly create?: boolean;
  readonly idempotency?: Idempotency;
}

/** What a write of a session did. */
export interface SessionReceipt {
  readonly version: number;
  readonly created: boolean;
  /** Result of each operation, see `SessionOperation`. */
  readonly results: readonly JsonValue[];
}

/** Where working memory is kept. An expired session is absent everywhere, and writing to it starts a new one. */
export interface SessionStore {
  /**
   * `newest` gives only so many of the last messages by `createdAt`, oldest first. Without it all, in appended order.
   * Fields whose time has come since the last write are still there: readers leave them out by `withoutExpiredFields`.
   */
  readSession(key: SessionKey, options: { now: Instant; newest?: number }): Promise<SessionState | null>;

  /**
   * Applies operations atomically, see `applyOperations`. Repeating an idempotency key gives the first receipt again.
   * @throws ConflictError when the version is not the expected one or the key was used for something else;
   * NotFoundError when the session is absent and `create` is false. Nothing has changed then.
   */
  writeSession(key: SessionKey, write: SessionWrite): Promise<SessionReceipt>;

  /** Gives whether there was one. */
  deleteSession(key: SessionKey, options: { now: Instant; expectedVersion?: number }): Promise<boolean>;

  /** Living sessions with this id in any scope of the tenant. */
  findSessions(tenant: string, sessionId: string, now: Instant): Promise<SessionKey[]>;

  /** Living sessions, most recently updated first, ties by key. `null` restricts to sessions without that field. */
  listSessions(
    tenant: string,
    query: { now: Instant; namespace?: string | null; userId?: string | null; limit: number; offset: number },
  ): Promise<{ readonly sessions: SessionSummary[]; readonly total: number }>;

  /** Deletes what has expired; gives the keys. */
  removeExpiredSessions(now: Instant, limit: number): Promise<SessionKey[]>;
}

/** A session without its content. */
export interface SessionSummary extends SessionKey {
  readonly messageCount: number;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
  readonly expiresAt: Instant | null;
  readonly version: number;
}
