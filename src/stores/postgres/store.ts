import { type Logger, silentLogger } from "../../core/logger.ts";
import type { Store } from "../../core/store.ts";
import { presentAliases } from "./aliases.ts";
import { checkDatabase } from "./check.ts";
import type { Database } from "./database.ts";
import { forgetChanges, lastSequence, readChanges, takeChanges, tenantNames } from "./feed.ts";
import { ChangeHints } from "./hints/change-hints.ts";
import { indexedById, indexedRecords, reindexRecords, staleEntries } from "./record-index.ts";
import { countRecords, listRecords, rowNumbers } from "./record-list.ts";
import { findDuplicates, keptAnswer, readHistory, readRecords } from "./record-read.ts";
import {
  eraseRecords,
  forgetAnswers,
  removeExpiredRecords,
  touchRecords,
  writeBatch,
} from "./record-write.ts";
import { forgetVersions, usedIds } from "./retention.ts";
import { candidateIndexOn } from "./search/candidate-index.ts";
import { openSearchTables } from "./search/search-tables.ts";
import { SessionCache } from "./session-cache.ts";
import { findSessions, listSessions, removeExpiredSessions } from "./session-list.ts";
import { deleteSession, readSession, writeSession } from "./sessions.ts";

interface StoreOptions {
  readonly logger?: Logger;
  /** Default: nobody outside this process is told of changes. */
  readonly hints?: ChangeHints;
}

/** The store over a database whose schema is up to date. */
export function storeOn(name: string, database: Database, options: StoreOptions = {}): Store {
  const { logger = silentLogger, hints = new ChangeHints() } = options;
  const cache = new SessionCache();
  /** Hints at the tenants that what was done has changed. */
  const telling = async <Result>(work: Promise<Result>, changed: (result: Result) => readonly string[]) => {
    const result = await work;
    for (const tenant of new Set(changed(result))) hints.changed(tenant);
    return result;
  };
  return {
    name,
    read: (tenant, ids, moment) => readRecords(database, tenant, ids, moment),
    findDuplicates: (tenant, keys, now) => findDuplicates(database, tenant, keys, now),
    recallResult: (tenant, idempotency) => keptAnswer(database, tenant, idempotency),
    forgetAnswers: (tenant, before, limit) => forgetAnswers(database, tenant, before, limit),
    write: async (tenant, batch) => telling(writeBatch(database, tenant, batch), () => [tenant]),
    list: (tenant, query) => listRecords(database, tenant, query),
    count: (tenant, query) => countRecords(database, tenant, query),
    history: (tenant, id) => readHistory(database, tenant, id),
    ids: (tenant, query) => usedIds(database, tenant, query),
    forgetVersions: (tenant, ids, retention) => forgetVersions(database, tenant, ids, retention),
    aliases: (tenant, query) => presentAliases(database, tenant, query),
    touch: (tenant, ids, now) => touchRecords(database, tenant, ids, now),
    erase: (tenant, ids, now) =>
      telling(eraseRecords(database, tenant, ids, now), (erased) => erased.map(() => tenant)),
    changes: (tenant, query) => readChanges(database, tenant, query),
    forgetChanges: (tenant, before, limit) => forgetChanges(database, tenant, before, limit),
    watch: (tenant) => hints.watch(tenant),
    lastSequence: (tenant) => lastSequence(database, tenant),
    takeChanges: (tenant, foreign) =>
      telling(takeChanges(database, tenant, foreign), () => foreign.changes.map(() => tenant)),
    indexed: (tenant, query) => indexedRecords(database, tenant, query),
    indexedById: (tenant, ids) => indexedById(database, tenant, ids),
    rows: (tenant, filter, now) => rowNumbers(database, tenant, filter, now),
    reindex: (tenant, entries) => reindexRecords(database, tenant, entries),
    staleEntries: (tenant, query) => staleEntries(database, tenant, query),
    removeExpired: (tenant, now, limit) =>
      telling(removeExpiredRecords(database, tenant, now, limit), (removed) => removed.map(() => tenant)),
    tenants: () => tenantNames(database),
    readSession: (key, options) => readSession(database, key, options),
    writeSession: (key, write) => telling(writeSession(database, cache, key, write), () => [key.tenant]),
    deleteSession: (key, options) =>
      telling(deleteSession(database, key, options), (deleted) => (deleted ? [key.tenant] : [])),
    findSessions: (tenant, sessionId, now) => findSessions(database, tenant, sessionId, now),
    listSessions: (tenant, query) => listSessions(database, tenant, query),
    removeExpiredSessions: (now, limit) =>
      telling(removeExpiredSessions(database, now, limit), (keys) => keys.map(({ tenant }) => tenant)),
    async openIndex(space) {
      const tables = await openSearchTables(database, logger);
      return { finds: "candidates", candidates: candidateIndexOn(database, tables, space) };
    },
    check: () => checkDatabase(database),
    async close() {
      await hints.close();
      await database.close();
    },
  };
}
