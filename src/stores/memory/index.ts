import { StoreError } from "../../core/errors.ts";
import type { Store } from "../../core/store.ts";
import { forgetAnswers, keptAnswer } from "./answers.ts";
import { createBacking, type MemoryBacking, tenantNames, tenantOf } from "./backing.ts";
import { copy } from "./copy.ts";
import { forgetChanges, lastSequence, readChanges, takeChanges } from "./feed.ts";
import { createMemoryJobStore } from "./jobs.ts";
import { presentAliases, resolvedRecord, usedIds } from "./lookup.ts";
import {
  countRecords,
  duplicatesOf,
  indexedById,
  indexedRecords,
  listRecords,
  rowNumbers,
  staleEntries,
} from "./reads.ts";
import * as sessions from "./sessions.ts";
import {
  eraseRecords,
  forgetVersions,
  reindexRecords,
  removeExpiredRecords,
  touchRecords,
} from "./upkeep.ts";
import { writeBatch } from "./writes.ts";

export { createBacking, type MemoryBacking } from "./backing.ts";

/**
 * Keeps everything in the process: for tests, short tasks and as the plainest example of a store. Gone with the process.
 * Every method runs in one turn of the event loop, which makes it atomic; what goes in and out is copied.
 *
 * @param backing give the same one to several stores for several handles on the same data. Default: a new one.
 */
export function createMemoryStore(backing: MemoryBacking = createBacking()): Store {
  let closed = false;
  const whileOpen =
    <Arguments extends unknown[], Result>(method: (...given: Arguments) => Result) =>
    async (...given: Arguments): Promise<Result> => {
      if (closed) throw new StoreError("store_closed", "This memory store was closed.");
      return method(...given);
    };
  const data = (tenant: string) => tenantOf(backing, tenant);
  return {
    name: "memory",
    read: whileOpen((tenant, ids, moment) =>
      ids.map((id) => copy(resolvedRecord(data(tenant), id, moment)) ?? null),
    ),
    findDuplicates: whileOpen((tenant, keys, now) => duplicatesOf(data(tenant), keys, now)),
    recallResult: whileOpen((tenant, idempotency) => keptAnswer(data(tenant), idempotency)),
    forgetAnswers: whileOpen((tenant, before, limit) => forgetAnswers(data(tenant), before, limit)),
    write: whileOpen((tenant, batch) => writeBatch(backing, tenant, batch)),
    list: whileOpen((tenant, query) => listRecords(data(tenant), query)),
    count: whileOpen((tenant, query) => countRecords(data(tenant), query)),
    history: whileOpen((tenant, id) =>
      copy((data(tenant).history.get(id) ?? []).map(({ version }) => version)),
    ),
    ids: whileOpen((tenant, query) => usedIds(data(tenant), query)),
    forgetVersions: whileOpen((tenant, ids, retention) => forgetVersions(data(tenant), ids, retention)),
    aliases: whileOpen((tenant, query) => presentAliases(data(tenant), query)),
    touch: whileOpen((tenant, ids, now) => touchRecords(data(tenant), ids, now)),
    erase: whileOpen((tenant, ids, now) => eraseRecords(backing, tenant, ids, now)),
    changes: whileOpen((tenant, query) => readChanges(data(tenant), query)),
    forgetChanges: whileOpen((tenant, before, limit) => forgetChanges(data(tenant), before, limit)),
    lastSequence: whileOpen((tenant) => lastSequence(data(tenant))),
    takeChanges: whileOpen((tenant, foreign) => takeChanges(backing, tenant, foreign)),
    indexed: whileOpen((tenant, query) => indexedRecords(data(tenant), query)),
    indexedById: whileOpen((tenant, ids) => indexedById(data(tenant), ids)),
    rows: whileOpen((tenant, filter, now) => rowNumbers(data(tenant), filter, now)),
    reindex: whileOpen((tenant, entries) => reindexRecords(data(tenant), entries)),
    staleEntries: whileOpen((tenant, query) => staleEntries(data(tenant), query)),
    removeExpired: whileOpen((tenant, now, limit) => removeExpiredRecords(backing, tenant, now, limit)),
    tenants: whileOpen(() => tenantNames(backing)),
    readSession: whileOpen((key, options) => sessions.readSession(data(key.tenant), key, options)),
    writeSession: whileOpen((key, write) => sessions.writeSession(backing, key, write)),
    deleteSession: whileOpen((key, options) => sessions.deleteSession(backing, key, options)),
    findSessions: whileOpen((tenant, id, now) => sessions.findSessions(data(tenant), id, now)),
    listSessions: whileOpen((tenant, query) => sessions.listSessions(data(tenant), query)),
    removeExpiredSessions: whileOpen((now, limit) => sessions.removeExpiredSessions(backing, now, limit)),
    jobs: createMemoryJobStore(backing.jobs, whileOpen),
    check: whileOpen(() => []),
    close: async () => {
      closed = true;
    },
  };
}
