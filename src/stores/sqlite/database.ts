import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Logger } from "../../core/logger.ts";
import { type Durability, migrateFile, openReader, openWriter, prepareWriter } from "./connect.ts";
import type { Connection } from "./driver.ts";
import { closedFailure, storeFailure } from "./failures.ts";
import { checkedVersion, MIGRATIONS } from "./migrations.ts";
import { whileBusy } from "./retry.ts";
import { createWriting, type Writing, type WritingOptions } from "./writing.ts";
import { NoThread, WritingThread } from "./writing-thread.ts";

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
  /** Writes in a transaction of its own; resolves when it is durable. */
  readonly write: Writing["write"];
  /** Ends what was begun, then closes. */
  close(): Promise<void>;
}

export const IN_MEMORY = ":memory:";

export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { durability, busyTimeoutMs, logger } = options;
  const path = options.path === IN_MEMORY ? IN_MEMORY : resolve(options.path);
  const opened: Connection[] = [];
  const thread = path === IN_MEMORY ? null : new WritingThread({ path, durability, busyTimeoutMs }, logger);
  try {
    if (path !== IN_MEMORY) createFile(path);
    const writer = openWriter(path);
    opened.push(writer);
    await whileBusy(() => prepareWriter(writer, durability), busyTimeoutMs, path);
    await migrateOnce(writer, thread, { path, busyTimeoutMs });
    // An in-memory database belongs to its connection, so it has only one.
    const reader = path === IN_MEMORY ? writer : await whileBusy(() => openReader(path), busyTimeoutMs, path);
    if (reader !== writer) opened.push(reader);
    return connected(reader, writer, { path, busyTimeoutMs, logger, thread });
  } catch (error) {
    await thread?.close();
    for (const connection of opened.reverse()) connection.close();
    throw storeFailure(error, path);
  }
}

/** A new file is made here at once; to change an old one may take long. */
async function migrateOnce(
  writer: Connection,
  thread: WritingThread | null,
  { path, busyTimeoutMs }: { readonly path: string; readonly busyTimeoutMs: number },
): Promise<void> {
  const version = await whileBusy(() => checkedVersion(writer), busyTimeoutMs, path);
  if (version === MIGRATIONS.length) return;
  try {
    if (version > 0 && thread !== null) return await thread.migrate();
  } catch (error) {
    if (!(error instanceof NoThread)) throw error;
  }
  await whileBusy(() => migrateFile(writer), busyTimeoutMs, path);
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

function connected(reader: Connection, writer: Connection, options: WritingOptions): Database {
  const { path, busyTimeoutMs: deadlineMs } = options;
  const writing = createWriting(writer, options);
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
        if (reader === writer) await writing.outsideTransaction();
        return whileBusy(() => snapshot(work), deadlineMs, path);
      }),
    write: (name, ...parameters) =>
      translated(async () => {
        if (closing !== undefined) throw closedFailure(path);
        return writing.write(name, ...parameters);
      }),
    close() {
      closing ??= translated(async () => {
        await writing.close();
        if (reader !== writer) reader.close();
        writer.close();
      });
      return closing;
    },
  };
}
