import { StoreError } from "../../core/errors.ts";
import { type Connection, openConnection } from "./driver.ts";
import { defineFunctions } from "./functions.ts";
import { checkedVersion, MIGRATIONS, migrate } from "./migrations.ts";

/** How durable an acknowledged write is: `full` survives power loss, `normal` a crash of the process. */
export type Durability = "full" | "normal";

/**
 * Page cache of each connection, in KiB, filled as needed. The writer's holds a large transaction whole: pages that are
 * written to the log early and change again make the commit rewrite the log.
 */
const READER_CACHE = 32 * 1024;
const WRITER_CACHE = 64 * 1024;

/** Size the log is cut back to after a large transaction, in bytes. */
const LOG_SIZE = 32 * 1024 * 1024;

/** Opens the file for reading; somebody has opened it for writing. */
export function openReader(path: string): Connection {
  const connection = openConnection(path, { readOnly: true });
  try {
    defineFunctions(connection);
    // It reads the schema, and finds the log locked while another process puts it in order after somebody was killed.
    connection.exec(`PRAGMA cache_size = -${READER_CACHE}`);
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** Opens the file for writing, empty or of any schema, and leaves a file of somebody else as it is. Not prepared yet. */
export function openWriter(path: string): Connection {
  const connection = openConnection(path, { readOnly: false });
  defineFunctions(connection);
  return connection;
}

/**
 * Sets how the connection writes. May be tried again when the file is locked.
 * @throws StoreError for a file that is no memory, comes from a newer release, or lies where it cannot be written.
 */
export function prepareWriter(writer: Connection, durability: Durability): void {
  // First, so that a file of somebody else is not changed at all.
  checkedVersion(writer);
  const mode = writer.get<{ journal_mode: string }>("PRAGMA journal_mode = WAL")?.journal_mode;
  if (mode !== "wal" && mode !== "memory")
    throw new StoreError("store_failed", "The file lies where SQLite cannot keep a write-ahead log.");
  writer.exec(`PRAGMA synchronous = ${durability === "full" ? "FULL" : "NORMAL"}`);
  writer.exec(`PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA cache_size = -${WRITER_CACHE}`);
  writer.exec(`PRAGMA journal_size_limit = ${LOG_SIZE}`);
}

/** Brings the schema up to date in one transaction; whoever finds it done by another process does nothing. */
export function migrateFile(writer: Connection): void {
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
