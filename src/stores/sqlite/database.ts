import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { StoreError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import { createCheckpoints } from "./checkpoints.ts";
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

/**
 * Page cache of each connection, in KiB, filled as needed. The writer's holds a large transaction whole: pages that are
 * written to the log early and change again make the commit rewrite the log.
 */
const READER_CACHE = 32 * 1024;
const WRITER_CACHE = 64 * 1024;

/** Size the log is cut back to after a large transaction, in bytes. */
const LOG_SIZE = 32 * 1024 * 1024;

export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const path = options.path === IN_MEMORY ? IN_MEMORY : resolve(options.path);
  const opened: Connection[] = [];
  try {
    if (path !== IN_MEMORY) createFile(path);
    const connect = (readOnly: boolean) => {
      const connection = openConnection(path, { readOnly });
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
  const mode = writer.get<{ journal_mode: string }>("PRAGMA journal_mode = WAL")?.journal_mode;
  if (mode !== "wal" && mode !== "memory")
    throw new StoreError("store_failed", "The file lies where SQLite cannot keep a write-ahead log.");
  writer.exec(`PRAGMA synchronous = ${durability === "full" ? "FULL" : "NORMAL"}`);
  writer.exec(`PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA cache_size = -${WRITER_CACHE}`);
  writer.exec(`PRAGMA journal_size_limit = ${LOG_SIZE}`);
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
  const deadlineMs = options.busyTimeoutMs;
  const checkpoints = path === IN_MEMORY ? undefined : createCheckpoints(path);
  const queue = createWriter(writer, {
    path,
    deadlineMs,
    logger: options.logger,
    checkpoint: checkpoints && (() => checkpoints.run()),
  });
  let closing: Promise<void> | undefined;

  function snapshot<Result>(work: (connection: Connection) => Result): Result {
    if (closing !== undefined) throw closedFailure(path);
    reader.run("BEGIN");
    try {
      return work(reader);
    } finally {
      // Nothing was changed. After some errors SQLite has ended the transaction by itself.
      if (reader.inTransaction) reader.run("ROLLBACK");
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
      closing ??= translated(async () => {
        await queue.drained();
        // First, so that the connection that closes last is one that clears the log away.
        await checkpoints?.close();
        if (reader !== writer) reader.close();
        writer.close();
      });
      return closing;
    },
  };
}
