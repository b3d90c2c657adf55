import { closeSync, mkdirSync, openSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Logger } from "../../core/logger.ts";
import { type Connection, openConnection } from "./driver.ts";
import { closedFailure, storeFailure } from "./failures.ts";
import { defineFunctions } from "./functions.ts";
import { checkedVersion, MIGRATIONS, migrate } from "./migrations.ts";
import { whileBusy } from "./retry.ts";
import { createWriter, type Steps } from "./writer.ts";

/** How durable an acknowledged write is: `full` survives power loss, `normal` a crash of the process. */
export type Durability = "full" | "normal";

export interface DatabaseOptions {
  readonly path: string;
  readonly durability: Durability;
  /** How long to wait for other processes before giving up, in milliseconds. */
  readonly busyTimeoutMs: number;
  readonly logger: Logger;
}

/** An open file: reads on one connection, writes on another, none of them waiting on the event loop's time. */
export interface Database {
  /** Runs `work` on one snapshot of what is committed. */
  read<Result>(work: (connection: Connection) => Result): Promise<Result>;
  /** Runs `work` in a transaction of its own; resolves when it is durable. */
  write<Result>(work: (connection: Connection) => Steps<Result>): Promise<Result>;
  /** Ends what was begun, then closes. */
  close(): Promise<void>;
}

const IN_MEMORY = ":memory:";

/** Long enough to catch a lock between two commits of another process, short enough not to be felt. */
const SQLITE_BUSY_TIMEOUT = 3;

/** Page cache of each connection, in KiB. The writer's is small, so that big transactions reach the disk as they go. */
const READER_CACHE = 64 * 1024;
const WRITER_CACHE = 8 * 1024;

export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const path = options.path === IN_MEMORY ? IN_MEMORY : resolve(options.path);
  const opened: Connection[] = [];
  try {
    if (path !== IN_MEMORY) createFile(path);
    const connect = (readOnly: boolean) => {
      const connection = openConnection(path, { readOnly, busyTimeoutMs: SQLITE_BUSY_TIMEOUT });
      opened.push(connection);
      defineFunctions(connection);
      return connection;
    };
    const writer = connect(false);
    await whileBusy(() => prepareWriter(writer, options.durability), options.busyTimeoutMs, path);
    // An in-memory database belongs to its connection, so it has only one.
    const reader = path === IN_MEMORY ? writer : connect(true);
    if (reader !== writer) reader.exec(`PRAGMA cache_size = -${READER_CACHE}`);
    return connected(path, reader, writer, options);
  } catch (error) {
    for (const connection of opened.reverse()) connection.close();
    throw storeFailure(error, path);
  }
}

/** Creates folder and file for the owner alone; SQLite gives its side files the mode of the file. */
function createFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    // Only ever a new file, and without a pause: closing a second descriptor of a file that is open in this process
    // would drop SQLite's locks on it.
    closeSync(openSync(path, "wx", 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

function prepareWriter(writer: Connection, durability: Durability): void {
  // First, so that a file of somebody else is not changed at all.
  checkedVersion(writer);
  writer.exec("PRAGMA journal_mode = WAL");
  writer.exec(`PRAGMA synchronous = ${durability === "full" ? "FULL" : "NORMAL"}`);
  writer.exec(`PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA cache_size = -${WRITER_CACHE}`);
  if (checkedVersion(writer) === MIGRATIONS.length) return;
  writer.exec("BEGIN IMMEDIATE");
  try {
    migrate(writer);
    writer.exec("COMMIT");
  } catch (error) {
    if (writer.inTransaction) writer.exec("ROLLBACK");
    throw error;
  }
}

function connected(path: string, reader: Connection, writer: Connection, options: DatabaseOptions): Database {
  const flush = options.durability === "full" && path !== IN_MEMORY ? () => flushLog(path) : undefined;
  const deadlineMs = options.busyTimeoutMs;
  const queue = createWriter(writer, { path, deadlineMs, logger: options.logger, flush });
  let closing: Promise<void> | undefined;

  function snapshot<Result>(work: (connection: Connection) => Result): Result {
    if (closing !== undefined) throw closedFailure(path);
    reader.run("BEGIN");
    try {
      return work(reader);
    } finally {
      reader.run("COMMIT");
    }
  }

  async function translated<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      throw storeFailure(error, path);
    }
  }

  return {
    read: (work) =>
      translated(async () => {
        // On the only connection of an in-memory database, uncommitted changes would be seen.
        if (reader === writer) await queue.outsideTransaction();
        return whileBusy(() => snapshot(work), deadlineMs, path);
      }),
    write: (work) =>
      translated(async () => {
        if (closing !== undefined) throw closedFailure(path);
        return queue.write(work);
      }),
    close() {
      closing ??= queue.drained().then(() => {
        if (reader !== writer) reader.close();
        writer.close();
      });
      return closing;
    },
  };
}

/** Lets the disk take a long transaction in the background, so that its commit finds little left to wait for. */
async function flushLog(path: string): Promise<void> {
  const log = await open(`${path}-wal`, "r");
  try {
    await log.datasync();
  } finally {
    await log.close();
  }
}
