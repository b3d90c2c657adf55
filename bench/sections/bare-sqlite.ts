import { rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { CorpusRecord } from "../corpus/corpus.ts";
import { DIMENSIONS } from "../corpus/vectors.ts";

const SCHEMA = `
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE records (id TEXT PRIMARY KEY, user_id TEXT, text TEXT, created_at TEXT, vector BLOB) STRICT;
CREATE INDEX records_of_user ON records (user_id);
`;

/** What the same records cost in an SQLite table of one's own, as durable: no versions, no change feed, no words. */
export function bareInserter(folder: string) {
  const file = join(folder, "bare.db");
  for (const suffix of ["", "-wal", "-shm"]) rmSync(file + suffix, { force: true });
  const database = new DatabaseSync(file);
  database.exec(SCHEMA);
  const statement = database.prepare("INSERT INTO records VALUES (?, ?, ?, ?, ?)");
  const vector = new Uint8Array(DIMENSIONS * 4);
  return {
    /** In one transaction. */
    insert(records: readonly CorpusRecord[]): void {
      database.exec("BEGIN IMMEDIATE");
      for (const { id, userId, text, createdAt } of records)
        statement.run(id, userId, text, String(createdAt), vector);
      database.exec("COMMIT");
    },
    close: () => database.close(),
  };
}
