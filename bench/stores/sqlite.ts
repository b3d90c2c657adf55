import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { openSqliteStore } from "../../src/stores/sqlite/index.ts";
import { makeMessage } from "../../src/testing/build.ts";
import { conversation, ENTRY_BYTES, type Engine, type Operation, READABLE, type Work } from "./engine.ts";
import { fill, recordOf } from "./own.ts";

const SCHEMA = `
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE records (id TEXT PRIMARY KEY, user_id TEXT, version INTEGER, body TEXT, entry BLOB) STRICT;
CREATE INDEX records_of_user ON records (user_id);
CREATE TABLE feed (sequence INTEGER PRIMARY KEY, id TEXT, version INTEGER) STRICT;
CREATE TABLE sessions (id TEXT PRIMARY KEY, version INTEGER) STRICT;
CREATE TABLE messages (session TEXT, id TEXT, body TEXT, PRIMARY KEY (session, id)) STRICT;
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
    for (let n = 0; n < READABLE; n++) work.create(`there-${n}`);
  });
  const alone = (run: () => void) => async () => inOneTransaction(run);
  const doing: { readonly [operation in Operation]: (n: number, lane: number) => void } = {
    "read a record": (n) => void JSON.parse(work.read(`there-${n % READABLE}`)),
    "create a record": (n, lane) => work.create(`${lane}-${n}`),
    "append a message": (n, lane) => work.append(conversation(n, lane), `${lane}-${n}`),
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
    prepare("INSERT INTO feed (id, version) SELECT id, version FROM sessions WHERE id = ?"),
    prepare("INSERT INTO sessions VALUES (?, 1) ON CONFLICT DO UPDATE SET version = version + 1"),
  ];
  const read = prepare("SELECT body, version FROM records WHERE id = ?");
  const create = prepare("INSERT INTO records VALUES (?, 'alice', 1, ?, ?)");
  const created = prepare("INSERT INTO feed (id, version) VALUES (?, 1)");
  const message = prepare("INSERT INTO messages VALUES (?, ?, ?)");
  const item = prepare("INSERT INTO items (session, value) VALUES (?, ?)");
  const changed = (session: string) => {
    begin.run(session);
    tell.run(session);
  };
  return {
    read: (id: string) => String(read.get(id)?.["body"]),
    create(id: string) {
      create.run(id, JSON.stringify(recordOf(id)), ENTRY_BYTES);
      created.run(id);
    },
    append(session: string, id: string) {
      message.run(session, id, JSON.stringify(makeMessage(id)));
      changed(session);
    },
    push(session: string, n: number) {
      item.run(session, JSON.stringify(`step ${n}`));
      changed(session);
    },
  };
}
