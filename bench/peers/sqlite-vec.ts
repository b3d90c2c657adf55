import { join } from "node:path";
import type { SqliteModule } from "./better-sqlite3.ts";
import { load, type Peer, type PeerOptions, WANTED } from "./peer.ts";

interface SqliteVec {
  getLoadablePath(): string;
}

/**
 * sqlite-vec on better-sqlite3: found by meaning. The user is the partition key of its table, in chunks small enough for users
 * of a hundred records.
 */
export async function open({ folder, embed }: PeerOptions): Promise<Peer> {
  const { default: Database } = await load<SqliteModule>("better-sqlite3");
  const { getLoadablePath } = await load<SqliteVec>("sqlite-vec");
  const database = new Database(join(folder, "records.db"));
  database.loadExtension(getLoadablePath());
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE records (row INTEGER PRIMARY KEY, id TEXT UNIQUE, text TEXT) STRICT;
    CREATE VIRTUAL TABLE vectors USING vec0(
      row INTEGER PRIMARY KEY, user_id TEXT partition key, vector FLOAT[256] distance_metric=cosine, chunk_size=128
    );
  `);
  const insert = database.prepare("INSERT INTO records (id, text) VALUES (?, ?)");
  const insertVector = database.prepare("INSERT INTO vectors (row, user_id, vector) VALUES (?, ?, ?)");
  const select = (filter: string) =>
    database.prepare(`SELECT records.id FROM
      (SELECT row, distance FROM vectors WHERE vector MATCH ? AND k = ${WANTED} ${filter}) AS nearest
      JOIN records USING (row) ORDER BY nearest.distance`);
  const [all, ofUser] = [select(""), select("AND user_id = ?")];
  return {
    async add(records) {
      const vectors = await embed(records.map(({ text }) => text));
      database.exec("BEGIN");
      for (const [index, { id, userId, text }] of records.entries()) {
        const row = BigInt(insert.run(id, text).lastInsertRowid);
        insertVector.run(row, userId, bytesOf(vectors[index]));
      }
      database.exec("COMMIT");
    },
    async search(text, userId) {
      const [vector] = await embed([text]);
      const found = userId === null ? all.all(bytesOf(vector)) : ofUser.all(bytesOf(vector), userId);
      return found.map(({ id }) => id);
    },
  };
}

function bytesOf(vector: Float32Array | undefined): Uint8Array {
  return vector ? new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength) : new Uint8Array(0);
}
