import { resolve } from "node:path";
import { type Logger, silentLogger } from "../../core/logger.ts";
import type { Store } from "../../core/store.ts";
import { presentAliases } from "./aliases.ts";
import { keptAnswer } from "./answers.ts";
import { checkDatabase } from "./check.ts";
import type { Durability } from "./connect.ts";
import { type Database, IN_MEMORY, openDatabase } from "./database.ts";
import type { Connection } from "./driver.ts";
import { lastSequence, readChanges } from "./feed.ts";
import { createSqliteJobStore } from "./jobs.ts";
import { ReadingAhead } from "./reading-ahead.ts";
import { indexedById, indexedRecords, staleEntries } from "./record-index.ts";
import { countRecords, listRecords, rowNumbers } from "./record-list.ts";
import { findDuplicates, readHistory, readRecord, usedIds } from "./record-read.ts";
import { findSessions, listSessions } from "./session-list.ts";
import { readSession } from "./sessions.ts";
import { tenantNames, tenantNumber } from "./tenants.ts";

export { printMigrations } from "./migrations.ts";

/** Where the file is, and what a write promises. */
export interface SqliteStoreOptions {
  /** The file, created with its folder for the owner alone when it is not there; `:memory:` for none. */
  readonly path: string;
  /**
   * `full` (default): an acknowledged write survives the loss of power. `normal`: it survives the death of the process,
   * but the last ones may be lost with the power. Neither ever damages the file.
   */
  readonly durability?: Durability;
  readonly logger?: Logger;
  /** How long a call waits for another process to release the file before `store_busy`, in milliseconds. Default 30000. */
  readonly busyTimeoutMs?: number;
}

/**
 * Keeps memory in one SQLite file, which any number of handles and processes of one machine may share.
 * @throws StoreError when the file cannot be opened, is no memory of this package, or comes from a newer release.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const { path, durability = "full", logger = silentLogger, busyTimeoutMs = 30_000 } = options;
  const database = await openDatabase({ path, durability, logger, busyTimeoutMs });
  return storeOn(database, path === IN_MEMORY ? null : new ReadingAhead(resolve(path)));
}

/** @param ahead reads ahead where a thread can; null where none can see the database */
function storeOn(database: Database, ahead: ReadingAhead | null): Store {
  const { read, write } = database;
  const readTenant = <Result>(name: string, work: (connection: Connection, tenant: number) => Result) =>
    read((connection) => work(connection, tenantNumber(connection, name)));
  return {
    name: "sqlite",
    read: (name, ids, moment) =>
      readTenant(name, (connection, tenant) => ids.map((id) => readRecord(connection, tenant, id, moment))),
    findDuplicates: (name, keys, now) =>
      readTenant(name, (connection, tenant) => findDuplicates(connection, tenant, keys, now)),
    recallResult: (name, idempotency) =>
      readTenant(name, (connection, tenant) => keptAnswer(connection, tenant, idempotency)),
    forgetAnswers: (name, before, limit) => write("forgetAnswers", name, before, limit),
    write: (name, batch) => write("writeBatch", name, batch),
    list: (name, query) => readTenant(name, (connection, tenant) => listRecords(connection, tenant, query)),
    count: (name, query) => readTenant(name, (connection, tenant) => countRecords(connection, tenant, query)),
    history: (name, id) => readTenant(name, (connection, tenant) => readHistory(connection, tenant, id)),
    ids: (name, query) => readTenant(name, (connection, tenant) => usedIds(connection, tenant, query)),
    forgetVersions: (name, ids, retention) => write("forgetVersions", name, ids, retention),
    aliases: (name, query) =>
      readTenant(name, (connection, tenant) => presentAliases(connection, tenant, query)),
    touch: (name, ids, now) => write("touchRecords", name, ids, now),
    erase: (name, ids, now) => write("eraseRecords", name, ids, now),
    changes: (name, query) =>
      readTenant(name, (connection, tenant) => readChanges(connection, tenant, query)),
    forgetChanges: (name, before, limit) => write("forgetChanges", name, before, limit),
    lastSequence: (name) => readTenant(name, lastSequence),
    takeChanges: (name, foreign) => write("takeChanges", name, foreign),
    async indexed(name, { readsOn = false, done, ...query }) {
      if (done) ahead?.release(done);
      const page =
        (readsOn && (await ahead?.take(name, query))) ||
        (await readTenant(name, (connection, tenant) => indexedRecords(connection, tenant, query)));
      const last = page.length === query.limit ? page.at(-1) : undefined;
      if (readsOn && last) ahead?.begin(name, { ...query, afterRow: last.row });
      return page;
    },
    indexedById: (name, ids) =>
      readTenant(name, (connection, tenant) => indexedById(connection, tenant, ids)),
    rows: (name, filter, now) =>
      readTenant(name, (connection, tenant) => rowNumbers(connection, tenant, filter, now)),
    reindex: (name, entries) => write("reindexRecords", name, entries),
    staleEntries: (name, query) =>
      readTenant(name, (connection, tenant) => staleEntries(connection, tenant, query)),
    removeExpired: (name, now, limit) => write("removeExpiredRecords", name, now, limit),
    tenants: () => read(tenantNames),
    readSession: (key, options) => read((connection) => readSession(connection, key, options)),
    writeSession: (key, session) => write("writeSession", key, session),
    deleteSession: (key, options) => write("deleteSession", key, options),
    findSessions: (name, sessionId, now) =>
      readTenant(name, (connection, tenant) => findSessions(connection, tenant, sessionId, now)),
    listSessions: (name, query) =>
      readTenant(name, (connection, tenant) => listSessions(connection, tenant, query)),
    removeExpiredSessions: (now, limit) => write("removeExpiredSessions", now, limit),
    jobs: createSqliteJobStore(database),
    check: () => read(checkDatabase),
    async close() {
      await ahead?.close();
      await database.close();
    },
  };
}
