import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { openSqliteStore } from "../../src/stores/sqlite/index.ts";
import { makeMessage } from "../../src/testing/build.ts";
import {
  conversation,
  ENTRY_BYTES,
  type Engine,
  instantOf,
  type Operation,
  READABLE,
  type Work,
} from "./engine.ts";
import { fill, recordOf } from "./own.ts";

const SCHEMA = `
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE records (id TEXT PRIMARY KEY, user_id TEXT, version INTEGER, created_at TEXT, body TEXT, entry BLOB) STRICT;
CREATE INDEX records_by_time ON records (created_at, id);
CREATE INDEX records_of_user ON records (user_id, created_at, id);
CREATE TABLE history (id TEXT, version INTEGER, at TEXT, change TEXT, PRIMARY KEY (id, version)) STRICT, WITHOUT ROWID;
CREATE TABLE feed (sequence INTEGER PRIMARY KEY, id TEXT, version INTEGER, change TEXT, at TEXT) STRICT;
CREATE TABLE sessions (id TEXT PRIMARY KEY, user_id TEXT, version INTEGER, updated_at TEXT) STRICT;
CREATE INDEX sessions_by_time ON sessions (updated_at, id);
CREATE INDEX sessions_of_user ON sessions (user_id, updated_at, id);
CREATE TABLE messages (session TEXT, id TEXT, created_at TEXT, body TEXT, PRIMARY KEY (session, id)) STRICT;
CREATE INDEX messages_by_time ON messages (session, created_at, id);
CREATE TABLE items (number INTEGER PRIMARY KEY, session TEXT, value TEXT) STRICT;
`;

/** A file by `node:sqlite`, every transaction flushed on both sides. At once means in one transaction. */
export async function sqliteEngine(folder: string): Promise<Engine> {
  const own = await mkdtemp(join(folder, "stores-"));
  const path = join(own, "memory.db");
  const store = await openSqliteStore({ path });
  const database = new DatabaseSync(join(own, "bare.db"));
  database.exec(SCHEMA);
  const work = statements(database);
  const inOneTransaction = (run: () => void) => {
    database.exec("BEGIN IMMEDIATE");
    run();
    database.exec("COMMIT");
  };
  await fill(store);
  inOneTransaction(() => {
    for (let n = 0; n < READABLE; n++) work.create(n, `there-${n}`);
  });
  const alone = (run: () => void) => async () => inOneTransaction(run);
  const doing: { readonly [operation in Operation]: (n: number, lane: number) => void } = {
    "read a record": (n) => void JSON.parse(work.read(`there-${n % READABLE}`)),
    "create a record": (n, lane) => work.create(n, `${lane}-${n}`),
    "append a message": (n, lane) => work.append(conversation(n, lane), n, `${lane}-${n}`),
    "push to a list": (n, lane) => work.push(conversation(n, lane), n),
  };
  const bare = Object.fromEntries(
    Object.entries(doing).map(([operation, run]) => [
      operation,
      operation === "read a record"
        ? async (n: number, lane: number) => run(n, lane)
        : (n: number, lane: number) => alone(() => run(n, lane))(),
    ]),
  ) as Work;
  return {
    name: "sqlite",
    driver: "node:sqlite",
    url: `sqlite:${path}`,
    store,
    bare,
    async together(operation, from, count) {
      inOneTransaction(() => {
        for (let lane = 0; lane < count; lane++) doing[operation](from, lane);
      });
    },
    async close() {
      await store.close();
      database.close();
      await rm(own, { recursive: true });
    },
  };
}

function statements(database: DatabaseSync) {
  const prepare = (text: string) => database.prepare(text);
  const [tell, begin] = [
    prepare(
      "INSERT INTO feed (id, version, change, at) SELECT id, version, 'update', updated_at FROM sessions WHERE id = ?",
    ),
    prepare(
      "INSERT INTO sessions VALUES (?, NULL, 1, ?2) ON CONFLICT DO UPDATE SET version = version + 1, updated_at = ?2",
    ),
  ];
  const read = prepare("SELECT body, version FROM records WHERE id = ?");
  const create = prepare("INSERT INTO records VALUES (?, ?, 1, ?, ?, ?)");
  const remember = prepare("INSERT INTO history VALUES (?, 1, ?, 'create')");
  const created = prepare("INSERT INTO feed (id, version, change, at) VALUES (?, 1, 'create', ?)");
  const message = prepare("INSERT INTO messages VALUES (?, ?, ?, ?)");
  const item = prepare("INSERT INTO items (session, value) VALUES (?, ?)");
  const changed = (session: string, n: number) => {
    begin.run(session, instantOf(n));
    tell.run(session);
  };
  return {
    read: (id: string) => String(read.get(id)?.["body"]),
    create(n: number, id: string) {
      const record = recordOf(id);
      create.run(id, record.userId, record.createdAt, JSON.stringify(record), ENTRY_BYTES);
      remember.run(id, instantOf(n));
      created.run(id, instantOf(n));
    },
    append(session: string, n: number, id: string) {
      const said = makeMessage(id);
      message.run(session, id, said.createdAt, JSON.stringify(said));
      changed(session, n);
    },
    push(session: string, n: number) {
      item.run(session, JSON.stringify(`step ${n}`));
      changed(session, n);
    },
  };
}
