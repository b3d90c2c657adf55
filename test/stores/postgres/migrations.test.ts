import pg from "pg";
import { expect, onTestFinished, test } from "vitest";
import { EVERYTHING } from "../../../src/core/filter/filter.ts";
import { silentLogger } from "../../../src/core/logger.ts";
import { openPostgresStore, printMigrations } from "../../../src/stores/postgres/index.ts";
import { migrate } from "../../../src/stores/postgres/migrations.ts";
import { openPgDriver } from "../../../src/stores/postgres/pg-driver.ts";
import { deleteRecord, makeRecord, putRecord, START } from "../../../src/testing/build.ts";
import { ownSchema } from "../../conformance/emptied.ts";
import { freshPrefix, withServer } from "../../servers/with-server.ts";

await withServer("postgres", async (server) => {
  const fresh = () => ownSchema(server.url, { after: onTestFinished });

  test("several that open an empty database at once make one schema", async () => {
    const { url, query, schema } = await fresh();
    const stores = await Promise.all(Array.from({ length: 6 }, () => openPostgresStore({ url })));
    await Promise.all(
      stores.map((store, index) =>
        store.write("acme", { writes: [putRecord(makeRecord(`r${index}`))], now: START }),
      ),
    );
    expect(await stores[0]?.check()).toEqual([]);
    await Promise.all(stores.map((store) => store.close()));
    const numbers = await query<{ number: number }>(
      `SELECT number FROM ${schema}.migrations ORDER BY number`,
    );
    expect(numbers.map(({ number }) => number)).toEqual(numbers.map((_, index) => index + 1));
  });

  test("several open an empty database at once, however strictly it isolates transactions by default", async () => {
    const { url } = await fresh();
    const strict = new URL(url);
    strict.searchParams.set("options", "-c default_transaction_isolation=serializable");
    const stores = await Promise.all(
      Array.from({ length: 6 }, () => openPostgresStore({ url: strict.href })),
    );
    await Promise.all(
      stores.map((store, index) =>
        store.write("acme", { writes: [putRecord(makeRecord(`r${index}`))], now: START }),
      ),
    );
    expect(await stores[0]?.count("acme", { filter: EVERYTHING, now: START })).toBe(6);
    await Promise.all(stores.map((store) => store.close()));
  });

  test("the printed script makes what opening makes", async () => {
    const { url, query, schema } = await fresh();
    await query(printMigrations(schema));
    const store = await openPostgresStore({ url });
    expect(await store.check()).toEqual([]);
    await store.write("acme", { writes: [putRecord(makeRecord("a"))], now: START });
    await store.close();
  });

  test("the printed script may put the large tables into partitions", async () => {
    const { url, query, schema } = await fresh();
    await query(printMigrations(schema, { partitions: 4 }));
    const store = await openPostgresStore({ url });
    for (const tenant of ["a", "b", "c", "d", "e"]) {
      await store.write(tenant, {
        writes: [putRecord(makeRecord("a")), putRecord(makeRecord("b"))],
        now: START,
      });
      await store.write(tenant, { writes: [deleteRecord("a", 1)], now: START });
      expect((await store.changes(tenant, { after: 0, limit: 9 })).map(({ id }) => id)).toEqual([
        "a",
        "b",
        "a",
      ]);
      expect(await store.read(tenant, ["a", "b"], { now: START })).toMatchObject([null, { id: "b" }]);
    }
    expect(await store.check()).toEqual([]);
    await store.close();
    const used = await query(`SELECT DISTINCT tableoid FROM ${schema}.records`);
    expect(used.length).toBeGreaterThan(1);
  });

  test("the first URL that opens a schema may put its large tables into partitions, and later ones say nothing", async () => {
    const { url, query, schema } = await fresh();
    for (const partitions of ["&partitions=3", "", "&partitions=9"]) {
      const store = await openPostgresStore({ url: url + partitions });
      await store.write("acme", { writes: [putRecord(makeRecord(`a${partitions}`))], now: START });
      expect(await store.check()).toEqual([]);
      await store.close();
    }
    const tables = `SELECT 1 FROM pg_inherits WHERE inhparent = '${schema}.records'::regclass`;
    expect(await query(tables)).toHaveLength(3);
  });

  test("a program works on a schema with what a newer one added, and refuses one that it would not understand", async () => {
    const { url, query, schema } = await fresh();
    await (await openPostgresStore({ url })).close();
    const add = `INSERT INTO ${schema}.migrations (number, title, checksum, needs) VALUES ($1, 'of the future', '', $2)`;
    const [known] = await query<{ count: number }>(`SELECT count(*)::int AS count FROM ${schema}.migrations`);
    const count = known?.count ?? 0;
    await query(add, [count + 1, count]);
    const store = await openPostgresStore({ url });
    await store.write("acme", { writes: [putRecord(makeRecord("a"))], now: START });
    await store.close();
    await query(add, [count + 2, count + 2]);
    await expect(openPostgresStore({ url })).rejects.toMatchObject({
      code: "store_failed",
      message: expect.stringContaining(`version ${count + 2}`),
      details: { needed: count + 2, newestKnown: count },
    });
  });

  test("a migration that fails leaves everything as it was", async () => {
    const { url, schema, query } = await fresh();
    await (await openPostgresStore({ url })).close();
    const pool = new pg.Pool({ connectionString: server.url, max: 1 });
    const separate = () => new pg.Client({ connectionString: server.url });
    const driver = openPgDriver(pool, { timeoutMs: 10_000, logger: silentLogger, separate });
    const before = await query(`SELECT * FROM ${schema}.migrations`);
    const good = { title: "good", script: "CREATE TABLE SCHEMA.extra (a int);" };
    const bad = { title: "bad", script: "CREATE TABLE SCHEMA.extra (a int);" };
    const all = [...before.map(() => ({ title: "", script: "" })), good, bad];
    await expect(migrate(driver, schema, all)).rejects.toMatchObject({ code: "42P07" });
    await driver.close();
    expect(await query(`SELECT * FROM ${schema}.migrations`)).toEqual(before);
    expect(
      await query("SELECT 1 FROM pg_tables WHERE schemaname = $1 AND tablename = 'extra'", [schema]),
    ).toEqual([]);
  });

  test("a database in another encoding is refused", async () => {
    const url = new URL(server.url);
    const { query } = await fresh();
    const name = freshPrefix().replace("-", "_");
    await query(`CREATE DATABASE ${name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`);
    url.pathname = `/${name}`;
    try {
      await expect(openPostgresStore({ url: url.href })).rejects.toMatchObject({
        code: "store_failed",
        message: expect.stringContaining("LATIN1"),
      });
    } finally {
      await query(`DROP DATABASE ${name}`);
    }
  });
});
