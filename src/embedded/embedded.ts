import { StoreError } from "../core/errors.ts";
import type { MemoryOperations } from "../operations.ts";
import { AccessCounter } from "./accesses.ts";
import { addRecords } from "./add.ts";
import { BackgroundWork } from "./background.ts";
import { deleteRecords, updateRecord } from "./change.ts";
import { assembleContext } from "./context.ts";
import { forgetRecords } from "./forget.ts";
import { requestRenewal, startMaintenance } from "./maintenance.ts";
import type { EmbeddedParts } from "./parts.ts";
import { getRecords, listRecords, readChanges, readHistory } from "./read.ts";
import { searchRecords } from "./search.ts";
import { deleteSession, findSession, listSessions, readSession, writeSession } from "./sessions.ts";
import { TurnQueue } from "./turns.ts";

export interface EmbeddedOptions {
  /** Background jobs done side by side in this process. */
  readonly workers: number;
  /** Releases what the memory stands on, after everything else has ended. */
  close(): Promise<void>;
}

/** The operations of a memory that runs in this process, on the given store and models. */
export function embedMemory(parts: EmbeddedParts, { workers, close }: EmbeddedOptions): MemoryOperations {
  const background = new BackgroundWork(parts.logger);
  const accesses = new AccessCounter(parts, background);
  if (workers > 0) startMaintenance(parts, workers);
  background.run("look for old index entries", () => requestRenewal(parts));
  let closing: Promise<void> | null = null;

  const open = <Arguments extends unknown[], Result>(
    operation: (...args: Arguments) => Promise<Result>,
  ): ((...args: Arguments) => Promise<Result>) => {
    return async (...args) => {
      if (closing !== null) throw new StoreError("store_closed", "This memory was closed.");
      return operation(...args);
    };
  };

  const turns = new TurnQueue();
  const search: MemoryOperations["search"] = async (scope, text, options) => {
    await turns.next();
    return searchRecords(parts, accesses, scope, text, options);
  };

  const list: MemoryOperations["list"] = async (scope, options = {}) => {
    const page = await listRecords(parts, scope, options);
    if (options.touch && options.asOf === undefined) accesses.count(scope.tenant, page.records);
    return page;
  };

  return {
    jobs: parts.jobs,
    add: open((scope, inputs, options) => addRecords(parts, scope, inputs, options)),
    get: open((scope, ids, options) => getRecords(parts, scope, ids, options)),
    list: open(list),
    search: open(search),
    update: open((scope, id, patch, options) => updateRecord(parts, scope, id, patch, options)),
    delete: open((scope, ids, options) => deleteRecords(parts, scope, ids, options)),
    history: open((scope, id, options) => readHistory(parts, scope, id, options)),
    forget: open((scope, policy, options) => forgetRecords(parts, scope, policy, options)),
    changes: open((scope, options) => readChanges(parts, scope, options)),
    ...(parts.records.watch && { watch: parts.records.watch.bind(parts.records) }),
    readSession: open((key, options) => readSession(parts, key, options)),
    writeSession: open((key, operations, options) => writeSession(parts, key, operations, options)),
    deleteSession: open((key, options) => deleteSession(parts, key, options)),
    findSession: open((tenant, sessionId, known) => findSession(parts, tenant, sessionId, known)),
    listSessions: open((scope, options) => listSessions(parts, scope, options)),
    context: open((key, query, options) => assembleContext(parts, search, key, query, options)),
    close() {
      if (closing === null) {
        accesses.close();
        closing = background
          .settled()
          .then(() => parts.jobs.close())
          .finally(close);
      }
      return closing;
    },
  };
}
