import pg from "pg";
import { expect, test } from "vitest";
import { openPostgresStore } from "../../../src/stores/postgres/index.ts";
import { makeMessage, makeRecord, putRecord, START, sessionKey } from "../../../src/testing/build.ts";
import { ownSchema } from "../../conformance/emptied.ts";
import { withServer } from "../../servers/with-server.ts";

const TABLES = ["changes", "versions", "records", "entries", "aliases", "answers", "sessions", "messages"];

await withServer("postgres", async (server) => {
  const { url, schema } = await ownSchema(server.url, { ordinary: true });

  /** Runs as the owner of the schema, whom no condition of a query binds, in a transaction that ends undone. */
  async function asOwner<Result>(work: (client: pg.Client) => Promise<Result>): Promise<Result> {
    const bare = new URL(url);
    bare.search = "";
    const client = new pg.Client({ connectionString: bare.href });
    await client.connect();
    try {
      await client.query("BEGIN");
      return await work(client);
    } finally {
      await client.end();
    }
  }

  const enter = (client: pg.Client, tenant: string) =>
    client.query("SELECT set_config('memoir.tenant', $1, true)", [tenant]);

  async function counts(client: pg.Client): Promise<Record<string, number>> {
    const found: Record<string, number> = {};
    for (const table of TABLES) {
      const { rows } = await client.query(`SELECT count(*)::int AS count FROM ${schema}.${table}`);
      found[table] = rows[0].count;
    }
    return found;
  }

  const NOTHING = Object.fromEntries(TABLES.map((table) => [table, 0]));
  const ONE_EACH = { ...Object.fromEntries(TABLES.map((table) => [table, 1])), changes: 2 };

  test("tables show nothing to a query without a tenant, and one tenant's rows to a query without a condition", async () => {
    const store = await openPostgresStore({ url });
    for (const tenant of ["acme", "other"]) {
      const now = START;
      const idempotency = { key: "k", fingerprint: "f", result: null };
      const alias = { kind: "alias", id: "b", target: "a" } as const;
      await store.write(tenant, { writes: [putRecord(makeRecord("a")), alias], now, idempotency });
      const operations = [{ operation: "append", messages: [makeMessage("m")] }] as const;
      await store.writeSession(sessionKey("chat", { tenant }), { operations, now });
    }
    await store.close();

    await asOwner(async (client) => {
      expect(await counts(client)).toEqual(NOTHING);
      await enter(client, "acme");
      expect(await counts(client)).toEqual(ONE_EACH);
      const { rows } = await client.query(`SELECT DISTINCT tenant FROM ${schema}.changes`);
      expect(rows).toEqual([{ tenant: "acme" }]);
      await enter(client, "acm");
      expect(await counts(client)).toEqual(NOTHING);
    });
  });

  test("rows of another tenant can be neither written nor changed nor removed", async () => {
    await asOwner(async (client) => {
      await enter(client, "acme");
      await client.query("SAVEPOINT attempt");
      const foreign = `INSERT INTO ${schema}.answers (tenant, key, fingerprint, result) VALUES ('other', 'x', '', '1')`;
      await expect(client.query(foreign)).rejects.toMatchObject({ code: "42501" });
      await client.query("ROLLBACK TO attempt");
      const moved = `UPDATE ${schema}.answers SET tenant = 'other'`;
      await expect(client.query(moved)).rejects.toMatchObject({ code: "42501" });
      await client.query("ROLLBACK TO attempt");
      expect((await client.query(`DELETE FROM ${schema}.records`)).rowCount).toBe(1);
      await enter(client, "other");
      expect((await counts(client))["records"]).toBe(1);
    });
  });

  test("what a transaction said about its tenant is forgotten with it", async () => {
    const store = await openPostgresStore({ url: `${url}&pool=1` });
    await store.list("acme", { filter: { form: "and", nodes: [] }, now: START, order: "newest", limit: 1 });
    await store.removeExpiredSessions(START, 10);
    await store.check();
    await store.close();
    await asOwner(async (client) => expect(await counts(client)).toEqual(NOTHING));
  });
});
