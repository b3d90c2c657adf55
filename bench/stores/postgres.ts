import { randomBytes } from "node:crypto";
import pg from "pg";
import { openPostgresStore } from "../../src/stores/postgres/index.ts";
import { makeMessage } from "../../src/testing/build.ts";
import { conversation, ENTRY_BYTES, type Engine, READABLE } from "./engine.ts";
import { fill, recordOf } from "./own.ts";

/** As many as the store opens by itself. */
const CONNECTIONS = 10;

const SCHEMA = `
CREATE SCHEMA bare;
CREATE TABLE bare.records (id text PRIMARY KEY, user_id text, version integer, body json, entry bytea);
CREATE INDEX ON bare.records (user_id);
CREATE TABLE bare.feed (sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text, version integer);
CREATE TABLE bare.sessions (id text PRIMARY KEY, version integer);
CREATE TABLE bare.messages (session text, id text, body json, PRIMARY KEY (session, id));
CREATE TABLE bare.items (session text, number bigint GENERATED ALWAYS AS IDENTITY, value json, PRIMARY KEY (session, number));
`;

const VERSION = `INSERT INTO bare.sessions VALUES ($1, 1) ON CONFLICT (id) DO UPDATE SET version = bare.sessions.version + 1
  RETURNING version`;

/** One statement each, with the data, a version and an entry of a feed; prepared, as `pg` does it when it is asked to. */
const STATEMENTS = {
  read: "SELECT body, version FROM bare.records WHERE id = $1",
  create: `WITH r AS (INSERT INTO bare.records VALUES ($1, $2, 1, $3, $4)) INSERT INTO bare.feed (id, version) VALUES ($1, 1)`,
  append: `WITH s AS (${VERSION}), m AS (INSERT INTO bare.messages VALUES ($1, $2, $3))
    INSERT INTO bare.feed (id, version) SELECT $1, version FROM s`,
  push: `WITH s AS (${VERSION}), i AS (INSERT INTO bare.items (session, value) VALUES ($1, $2))
    INSERT INTO bare.feed (id, version) SELECT $1, version FROM s`,
} as const;

export async function postgresEngine(server: string): Promise<Engine> {
  const schema = `bench_${randomBytes(4).toString("hex")}`;
  const url = new URL(server);
  url.searchParams.set("schema", schema);
  const store = await openPostgresStore({ url: url.href });
  const own = `${schema}_bare`;
  const pool = new pg.Pool({ connectionString: server, max: CONNECTIONS });
  const inOwn = (text: string) => text.replaceAll("bare.", `${own}.`);
  await pool.query(inOwn(SCHEMA).replace("SCHEMA bare", `SCHEMA ${own}`));
  const run = (name: keyof typeof STATEMENTS, values: unknown[]) =>
    pool.query({ name, text: inOwn(STATEMENTS[name]), values });
  const create = (id: string) => run("create", [id, "alice", JSON.stringify(recordOf(id)), ENTRY_BYTES]);
  await fill(store);
  for (let n = 0; n < READABLE; n++) await create(`there-${n}`);
  return {
    name: "postgres",
    driver: "pg",
    url: url.href,
    store,
    bare: {
      "read a record": (n) => run("read", [`there-${n % READABLE}`]),
      "create a record": (n, lane) => create(`${lane}-${n}`),
      "append a message": (n, lane) => {
        const message = makeMessage(`${lane}-${n}`);
        return run("append", [conversation(n, lane), message.id, JSON.stringify(message)]);
      },
      "push to a list": (n, lane) => run("push", [conversation(n, lane), JSON.stringify(`step ${n}`)]),
    },
    async close() {
      await store.close();
      for (const name of [schema, own]) await pool.query(`DROP SCHEMA ${name} CASCADE`);
      await pool.end();
    },
  };
}
