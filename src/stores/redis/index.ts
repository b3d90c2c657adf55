import { randomBytes } from "node:crypto";
import { silentLogger } from "../../core/logger.ts";
import type { Store } from "../../core/store.ts";
import { checkData } from "./check.ts";
import { parseAddress } from "./connection/address.ts";
import { connectServer } from "./connection/server.ts";
import { type CheckedSettings, checkSettings } from "./connection/settings.ts";
import { warnOfLoss } from "./durability.ts";
import { forgetChanges, readChanges, takeChanges } from "./feed.ts";
import type { RedisStoreOptions } from "./options.ts";
import { presentAliases } from "./records/aliases.ts";
import { forgetAnswers, recallResult } from "./records/answers.ts";
import { indexedById, indexedRecords, reindexRecords, staleEntries } from "./records/index-entries.ts";
import { countRecords, listRecords, rowNumbers } from "./records/list.ts";
import { findDuplicates, readHistory, readRecords } from "./records/read.ts";
import { forgetVersions, usedIds } from "./records/retention.ts";
import { eraseRecords, removeExpiredRecords, touchRecords } from "./records/upkeep.ts";
import { writeBatch } from "./records/write.ts";
import { enterWhatIsLeft } from "./sessions/left.ts";
import { findSessions, listSessions } from "./sessions/list.ts";
import { readSession } from "./sessions/read.ts";
import { deleteSession, removeExpiredSessions } from "./sessions/remove.ts";
import { writeSession } from "./sessions/write.ts";
import type { Parts } from "./store-parts.ts";
import { lastSequence, tenantNames } from "./tenants.ts";
import { valueEncoder } from "./values.ts";
import { openVectorSets } from "./vector-sets.ts";

export type { RedisSettings } from "./connection/settings.ts";
export type { RedisRisk } from "./durability.ts";
export type { RedisStoreOptions } from "./options.ts";
export { type RedisKeyUsage, type RedisUsage, redisUsage } from "./usage.ts";
export type { Compression } from "./values.ts";

/**
 * Keeps memory in Redis 7 or later, with plain commands and scripts: any number of handles, processes and hosts may
 * share it.
 * @throws ValidationError naming what is wrong with URL or settings, StoreError `store_unavailable` when the server
 * cannot be reached within the timeout.
 */
export async function openRedisStore(options: RedisStoreOptions): Promise<Store> {
  const { url, logger = silentLogger, ...given } = options;
  const address = parseAddress(url);
  const settings = checkSettings({ ...address.settings, ...given });
  const { prefix, compression, timeout } = settings;
  const server = await connectServer(address, { settings, logger });
  try {
    await warnOfLoss(server, logger);
  } catch (error) {
    await server.close();
    throw error;
  }
  const parts = {
    server,
    prefix,
    timeout,
    logger,
    encode: valueEncoder(compression),
    requestId: requestIds(),
  };
  return { ...storeOn(parts), jobsUrl: () => `${url.split("?", 1)[0]}?${jobsQuery(settings)}` };
}

function jobsQuery({ prefix, ca, cert, key }: CheckedSettings): URLSearchParams {
  const query = new URLSearchParams({ prefix });
  for (const [name, path] of Object.entries({ ca, cert, key })) if (path !== undefined) query.set(name, path);
  return query;
}

/** Ids of this process, distinct from those of every other. */
function requestIds(): () => string {
  const process = randomBytes(9).toString("base64url");
  let count = 0;
  return () => `${process}${(++count).toString(36)}`;
}

function storeOn(parts: Parts): Store {
  const { server, prefix } = parts;
  /** A method of the store: refused when it is closed, and waited for by closing. */
  const method =
    <Given extends unknown[], Result>(work: (parts: Parts, ...given: Given) => Promise<Result>) =>
    (...given: Given): Promise<Result> =>
      server.whileOpen(() => work(parts, ...given));
  /** A method that reads what sessions have told the tenant. */
  const reader = <Given extends unknown[], Result>(
    work: (parts: Parts, tenant: string, ...given: Given) => Promise<Result>,
  ) =>
    method(async (_, tenant: string, ...given: Given) => {
      await enterWhatIsLeft(parts, tenant);
      return work(parts, tenant, ...given);
    });
  return {
    name: "redis",
    read: method(readRecords),
    findDuplicates: method(findDuplicates),
    recallResult: method(recallResult),
    forgetAnswers: method(forgetAnswers),
    write: method(writeBatch),
    list: method(listRecords),
    count: method(countRecords),
    history: method(readHistory),
    ids: method(usedIds),
    forgetVersions: method(forgetVersions),
    aliases: method(presentAliases),
    touch: method(touchRecords),
    erase: method(eraseRecords),
    changes: reader(readChanges),
    forgetChanges: method(forgetChanges),
    lastSequence: reader((_, tenant) => lastSequence(server, prefix, tenant)),
    takeChanges: method(takeChanges),
    indexed: method(indexedRecords),
    indexedById: method(indexedById),
    rows: method(rowNumbers),
    reindex: method(reindexRecords),
    staleEntries: method(staleEntries),
    removeExpired: method(removeExpiredRecords),
    tenants: method(() => tenantNames(server, prefix)),
    readSession: method(readSession),
    writeSession: method(writeSession),
    deleteSession: method(deleteSession),
    findSessions: reader(findSessions),
    listSessions: reader(listSessions),
    removeExpiredSessions: method(removeExpiredSessions),
    openIndex: method(openVectorSets),
    // Filling a set takes minutes where reading the records takes seconds.
    indexOnRequest: true,
    check: method(checkData),
    close: () => server.close(),
  };
}
