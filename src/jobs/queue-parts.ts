import type { Clock } from "../core/clock.ts";
import type { IdSource } from "../core/identifiers.ts";
import type { JobStore } from "../core/job-store.ts";
import type { Logger } from "../core/logger.ts";

/** What a queue is made of. */
export interface QueueParts {
  readonly store: JobStore;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly logger: Logger;
  /** Numbers from 0 to 1 that spread retries. Default `Math.random`. */
  readonly random?: () => number;
  /** Milliseconds between two looks of a worker for jobs of other processes. Default 1000. */
  readonly poll?: number;
}
