import { randomBytes } from "node:crypto";
import pg from "pg";
import { openPostgresStore } from "../../src/stores/postgres/index.ts";
import { makeMessage } from "../../src/testing/build.ts";
import { conversation, ENTRY_BYTES, type Engine, instantOf, READABLE } from "./engine.ts";
import { fill, recordOf } from "./own.ts";

/** As many as the store opens by itself. */
const CONNECTIONS = 10;

const SCHEMA = `
CREATE SCHEMA bare;
CREATE TABLE bare.records (id text PRIMARY KEY, user_id text, version integer, created_at timestamptz, body json, entry bytea);
CREATE INDEX ON bare.records (created_at, id);
CREATE INDEX ON bare.records (user_id, created_at, id);
CREATE TABLE bare.history (id text, version integer, at timestamptz, change text, PRIMARY KEY (id, version));
CREATE TABLE bare.feed (sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text, version integer, change text, at timestamptz);
CREATE TABLE bare.sessions (id text PRIMARY KEY, user_id text, version integer, updated_at timestamptz);
CREATE INDEX ON bare.sessions (updated_at, id);
CREATE INDEX ON bare.sessions (user_id, updated_at, id);
CREATE TABLE bare.messages (session text, id text, created_at timestamptz, body json, PRIMARY KEY (session, id));
CREATE INDEX ON bare.messages (session, created_at, id);
CREATE TABLE bare.items (session text, number bigint GENERATED ALWAYS AS IDENTITY, value json, PRIMARY KEY (session, number));
`;

const VERSION = `INSERT INTO bare.sessions VALUES ($1, NULL, 1, $2)
  ON CONFLICT (id) DO UPDATE SET version = bare.sessions.version + 1, updated_at = $2 RETURNING version`;
const TELL = "INSERT INTO bare.feed (id, version, change, at)";

/** One statement each, prepared, as `pg` does it when it is asked to. */
const STATEMENTS = {
  read: "SELECT body, version FROM bare.records WHERE id = $1",
  create: `WITH r AS (INSERT INTO bare.records VALUES ($1, $3, 1, $4, $5, $6)),
    h AS (INSERT INTO bare.history VALUES ($1, 1, $2, 'create')) ${TELL} VALUES ($1, 1, 'create', $2)`,
  append: `WITH s AS (${VERSION}), m AS (INSERT INTO bare.messages VALUES ($1, $3, $4, $5))
    ${TELL} SELECT $1, version, 'update', $2 FROM s`,
  push: `WITH s AS (${VERSION}), i AS (INSERT INTO bare.items (session, value) VALUES ($1, $3))
    ${TELL} SELECT $1, version, 'update', $2 FROM s`,
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
  const create = (n: number, id: string) => {
    const record = recordOf(id);
    const { userId, createdAt } = record;
    return run("create", [id, instantOf(n), userId, createdAt, JSON.stringify(record), ENTRY_BYTES]);
  };
  await fill(store);
  for (let n = 0; n < READABLE; n++) await create(n, `there-${n}`);
  return {
    name: "postgres",
    driver: "pg",
    url: url.href,
    store,
    bare: {
      "read a record": (n) => run("read", [`there-${n % READABLE}`]),
      "create a record": (n, lane) => create(n, `${lane}-${n}`),
      "append a message": (n, lane) => {
        const message = makeMessage(`${lane}-${n}`);
        return run("append", [
          ...[conversation(n, lane), instantOf(n)],
          ...[message.id, message.createdAt, JSON.stringify(message)],
        ]);
      },
      "push to a list": (n, lane) =>
        run("push", [conversation(n, lane), instantOf(n), JSON.stringify(`step ${n}`)]),
    },
    async close() {
      await store.close();
      for (const name of [schema, own]) await pool.query(`DROP SCHEMA ${name} CASCADE`);
      await pool.end();
    },
  };
}
