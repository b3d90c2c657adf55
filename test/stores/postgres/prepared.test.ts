import pg from "pg";
import { expect, onTestFinished, test } from "vitest";
import { silentLogger } from "../../../src/core/logger.ts";
import { openPgDriver } from "../../../src/stores/postgres/pg-driver.ts";
import { constant, namedStatement, sql } from "../../../src/stores/postgres/sql.ts";
import { withServer } from "../../servers/with-server.ts";

const named = (text: string) => namedStatement(constant(text), "public");
const plus = (left: number, right: number) =>
  namedStatement(sql`SELECT ${left}::integer + ${right}::integer`, "public");
const NAMES = named("SELECT statement FROM pg_prepared_statements ORDER BY 1");

await withServer("postgres", ({ url }) => {
  /** On one connection, so that every flight meets what the others left there. */
  function open() {
    const config = { connectionString: url, max: 1 };
    const separate = () => new pg.Client(config);
    const driver = openPgDriver(new pg.Pool(config), { timeoutMs: 10_000, logger: silentLogger, separate });
    onTestFinished(() => driver.close());
    return driver;
  }

  test("a connection remembers the statements that have names", async () => {
    const driver = open();
    for (const left of [1, 2, 3])
      expect(await driver.flight([plus(left, 4)])).toEqual([[[String(left + 4)]]]);
    await driver.flight([{ text: "SELECT 'not this one'", values: [] }]);
    const [names] = await driver.flight([NAMES]);
    expect(names).toContainEqual(["SELECT $1::integer + $2::integer"]);
    expect(names).not.toContainEqual(["SELECT 'not this one'"]);
  });

  test("statements of a flight that failed can be sent again, whether they were reached or not", async () => {
    const driver = open();
    await driver.flight([]);
    const [reached, behind] = [named("SELECT 'reached'"), named("SELECT 'behind'")];
    for (const _ of [1, 2])
      await expect(
        driver.flight([reached, { text: "SELECT 1 / 0", values: [] }, behind]),
      ).rejects.toMatchObject({ code: "22012" });
    for (const _ of [1, 2])
      expect(await driver.flight([reached, behind])).toEqual([[["reached"]], [["behind"]]]);
  });

  test("what the server has forgotten, or knows otherwise by now, is told it again", async () => {
    const driver = open();
    expect(await driver.flight([plus(1, 1)])).toEqual([[["2"]]]);
    await driver.flight([{ text: "DEALLOCATE ALL", values: [] }]);
    expect(await driver.flight([plus(1, 2)])).toEqual([[["3"]]]);

    const other = open();
    const table = `changing_${process.pid}`;
    const [read] = [named(`SELECT * FROM pg_temp.${table}`)];
    await other.flight([{ text: `CREATE TEMP TABLE ${table} AS SELECT 1 AS a`, values: [] }]);
    expect(await other.flight([read])).toEqual([[["1"]]]);
    await other.flight([{ text: `ALTER TABLE pg_temp.${table} ADD b integer DEFAULT 2`, values: [] }]);
    expect(await other.flight([read])).toEqual([[["1", "2"]]]);
  });
});
