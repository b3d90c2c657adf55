import { join } from "node:path";
import { load, type Peer, type PeerOptions, WANTED } from "./peer.ts";

/** The part of better-sqlite3 that the adapters use. */
export interface Sqlite {
  exec(script: string): void;
  loadExtension(path: string): void;
  prepare(text: string): {
    run(...values: readonly unknown[]): { readonly lastInsertRowid: number | bigint };
    all(...values: readonly unknown[]): readonly { readonly id: string }[];
  };
}

export interface SqliteModule {
  readonly default: new (file: string) => Sqlite;
}

/** Plain better-sqlite3 with FTS5: found by words. */
export async function open({ folder }: PeerOptions): Promise<Peer> {
  const { default: Database } = await load<SqliteModule>("better-sqlite3");
  const database = new Database(join(folder, "records.db"));
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE VIRTUAL TABLE records USING fts5(id UNINDEXED, user_id UNINDEXED, text, tokenize = 'porter unicode61');
  `);
  const insert = database.prepare("INSERT INTO records (id, user_id, text) VALUES (?, ?, ?)");
  const best = `ORDER BY bm25(records) LIMIT ${WANTED}`;
  const all = database.prepare(`SELECT id FROM records WHERE records MATCH ? ${best}`);
  const ofUser = database.prepare(`SELECT id FROM records WHERE records MATCH ? AND user_id = ? ${best}`);
  return {
    async add(records) {
      database.exec("BEGIN");
      for (const { id, userId, text } of records) insert.run(id, userId, text);
      database.exec("COMMIT");
    },
    async search(text, userId) {
      const query = (text.match(/\w+/g) ?? []).map((word) => `"${word}"`).join(" OR ");
      const found = userId === null ? all.all(query) : ofUser.all(query, userId);
      return found.map(({ id }) => id);
    },
  };
}
