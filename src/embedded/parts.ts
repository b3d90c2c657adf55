import type { Clock } from "../core/clock.ts";
import type { IdSource } from "../core/identifiers.ts";
import type { JobQueue } from "../core/jobs.ts";
import type { Logger } from "../core/logger.ts";
import type { Recall } from "../core/recall.ts";
import type { Indexer } from "../core/recall-index.ts";
import type { MemoryRecord } from "../core/record.ts";
import type { SessionStore } from "../core/session-store.ts";
import type { RecordStore } from "../core/store.ts";
import { formatMilliseconds, type Instant } from "../core/time.ts";

/** What an embedded memory is made of. */
export interface EmbeddedParts {
  readonly records: RecordStore;
  readonly sessions: SessionStore;
  readonly indexer: Indexer;
  readonly recall: Recall;
  /** Recall over records given to it instead of over the store: for the state as of an earlier time. */
  readonly recallOver: (tenant: string, records: readonly MemoryRecord[]) => Promise<Recall>;
  readonly jobs: JobQueue;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly logger: Logger;
  /** Seconds a session lives after its last write that was begun without a time to live; null for ever. */
  readonly sessionTtl: number | null;
  /** Seconds an idempotency key is remembered; null for ever. */
  readonly idempotencyTtl: number | null;
  /** Seconds the change feed reaches back; null for ever. */
  readonly changesTtl: number | null;
  /** Seconds a version is kept after a newer one, and how many of a record's newest at any rate; null both: all for ever. */
  readonly versionsTtl: number | null;
  readonly versionsKept: number | null;
  /** Whether this memory removes what has expired. */
  readonly autoCleanup: boolean;
  readonly countTokens: () => Promise<(text: string) => number>;
}

export function present(parts: Pick<EmbeddedParts, "clock">): Instant {
  return formatMilliseconds(parts.clock.now());
}
