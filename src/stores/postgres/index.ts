import type { Client } from "pg";
import { ValidationError } from "../../core/errors.ts";
import { type Logger, silentLogger } from "../../core/logger.ts";
import type { Store } from "../../core/store.ts";
import { readAddress } from "./address.ts";
import { databaseOn } from "./database.ts";
import { storeFailure } from "./failures.ts";
import { ChangeHints } from "./hints/change-hints.ts";
import { migrate } from "./migrations.ts";
import { loadPg, openPgDriver } from "./pg-driver.ts";
import { Replicas } from "./replicas.ts";
import { storeOn } from "./store.ts";

export { printMigrations } from "./migrations.ts";

/** Where PostgreSQL is, and whom the store tells what it meets. */
export interface PostgresStoreOptions {
  /**
   * `postgres://user:password@host:port/database`, with these options of its own: `schema`, where everything is kept (default
   * `memoir`); `pool`, the most connections at once (default 10); `timeout`, how long a call may take, in milliseconds (default
   * 30000); `partitions`, how many the large tables get when the schema is made (default none); `notify`, whether followers of the
   * feed are woken when something changes (default on); `replica`, the URL of a server that follows this one and may answer reads
   * of many rows, as often as there are such servers (default none). All others, such as `sslmode`, mean what they mean to libpq.
   */
  readonly url: string;
  readonly logger?: Logger;
}

/**
 * Keeps memory in a schema of a PostgreSQL database, version 15 or newer, which any number of processes and hosts may share.
 * The schema is made and brought up to date on opening.
 * @throws ValidationError for a wrong option; StoreError when the package `pg` is missing, or the database cannot be reached,
 * refuses, or needs a newer release.
 */
export async function openPostgresStore({
  url,
  logger = silentLogger,
}: PostgresStoreOptions): Promise<Store> {
  const { connectionString, schema, poolSize, timeoutMs, partitions, notify, ...address } = readAddress(url);
  const { Client, Pool } = await loadPg();
  const serverAt = (field: string, at: string, waitMs: number) => {
    const config = {
      application_name: "memoir",
      keepAlive: true,
      max: poolSize,
      connectionTimeoutMillis: waitMs,
      connectionString: at,
    };
    const name = nameOf(field, () => new Client(config));
    const separate = () => new Client(config);
    return { name, driver: openPgDriver(new Pool(config), { timeoutMs: waitMs, logger, separate }) };
  };
  const { name, driver } = serverAt("store", connectionString, timeoutMs);
  // So that the primary has time left when a replica gives no answer.
  const followers = address.replicas.map((at) => serverAt("store.replica", at, Math.ceil(timeoutMs / 10)));
  const replicas = new Replicas(followers, logger);
  try {
    await migrate(driver, schema, undefined, partitions);
  } catch (error) {
    await driver.close();
    throw storeFailure(error, name);
  }
  const hints = new ChangeHints(notify ? { driver, schema, logger } : undefined);
  return {
    ...storeOn("postgres", databaseOn(driver, { schema, name, timeoutMs, replicas }), { logger, hints }),
    jobsUrl: () => url,
  };
}

/** Names the database without user and password, for messages. `pg` reads the URL, and the files of TLS that it names. */
function nameOf(field: string, read: () => Client): string {
  try {
    const { host, port, database } = read();
    return `${host}:${port}/${database ?? ""}`;
  } catch (error) {
    throw ValidationError.of(field, `is not a PostgreSQL URL that can be used: ${(error as Error).message}`);
  }
}
