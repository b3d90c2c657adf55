import type { PgBoss } from "pg-boss";
import { StoreError, ValidationError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";

interface BossOptions {
  readonly url: string;
  readonly schema: string;
  readonly lease: number;
  readonly logger: Logger;
}

/** The longest an attempt may take, in seconds: pg-boss knows no longer time, however lively the worker. */
const LONGEST_ATTEMPT = 86_400;

/** Seconds a job may wait: fifty years, since jobs that wait must not be lost. */
const LONGEST_WAIT = 50 * 365 * 86_400;

/** pg-boss on a server, with the queues of this package. */
export interface Boss {
  readonly boss: PgBoss;
  /** Makes the queue of a kind when it is not there. */
  queueFor(kind: string): Promise<void>;
  close(): Promise<void>;
}

export async function openBoss({ url, schema, lease, logger }: BossOptions): Promise<Boss> {
  const { PgBoss: Engine } = await loadPackage();
  const options = {
    connectionString: url,
    // In quotes, or PostgreSQL would make it lower case.
    schema: `"${schema}"`,
    application_name: "memoir jobs",
    max: 4,
    // Schedules are the queue's own; what pg-boss does by itself is to look for jobs whose workers have died.
    schedule: false,
    superviseIntervalSeconds: Math.max(1, Math.round(lease / 5000)),
    monitorIntervalSeconds: Math.max(1, Math.round(lease / 5000)),
  };
  const start = async (createSchema: boolean): Promise<PgBoss> => {
    const engine = new Engine({ ...options, createSchema });
    engine.on("error", (err) => logger.warn({ err }, "The connection to the jobs in PostgreSQL failed"));
    try {
      return await engine.start();
    } catch (error) {
      await engine.stop({ graceful: false }).catch(() => {});
      throw error;
    }
  };
  // A role that may make no schema can have been given one.
  const boss = await start(true)
    .catch((error: unknown) => (isRefusal(error) ? start(false) : Promise.reject(error)))
    .catch((error: unknown) => Promise.reject(failureOf(error, schema)));
  const known = new Map<string, Promise<void>>();
  let closing: Promise<void> | null = null;
  return {
    boss,
    queueFor(kind) {
      const queue =
        known.get(kind) ??
        boss.createQueue(kind, {
          policy: "exclusive",
          heartbeatSeconds: Math.round(lease / 1000),
          expireInSeconds: LONGEST_ATTEMPT,
          retentionSeconds: LONGEST_WAIT,
          // Dead letters stay until somebody decides; what is done is removed by hand.
          deleteAfterSeconds: 0,
        });
      known.set(kind, queue);
      queue.catch(() => known.delete(kind));
      return queue;
    },
    close() {
      closing ??= boss.stop({ graceful: false, close: true });
      return closing;
    },
  };
}

/** Whether the server answered, and said that the role may not, or that the schema is not there. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && "code" in error && ["42501", "3F000"].includes(String(error.code));
}

function failureOf(cause: unknown, schema: string): StoreError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return isRefusal(cause)
    ? new StoreError(
        "store_failed",
        `Background jobs need a schema of their own (${reason}): CREATE SCHEMA "${schema}" AUTHORIZATION the role; or name another place for them.`,
        { cause },
      )
    : new StoreError("store_unavailable", `PostgreSQL does not answer: ${reason}`, { cause });
}

async function loadPackage() {
  try {
    return await import("pg-boss");
  } catch (cause) {
    if ((cause as { code?: string }).code !== "ERR_MODULE_NOT_FOUND") throw cause;
    throw ValidationError.of(
      "jobs",
      "PostgreSQL keeps background jobs with a package: npm install pg-boss; or name another place, or memory: for this process " +
        "alone, which loses them when it ends",
    );
  }
}
