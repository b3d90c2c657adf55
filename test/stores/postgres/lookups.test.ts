import { expect, onTestFinished, test } from "vitest";
import { openPostgresStore } from "../../../src/stores/postgres/index.ts";
import { makeMessage, makeRecord, putRecord, START, sessionKey } from "../../../src/testing/build.ts";
import { ownSchema } from "../../conformance/emptied.ts";
import { until } from "../../servers/until.ts";
import { withServer } from "../../servers/with-server.ts";

const MANY = 60;
const PAGES = 30;
const TABLES = ["sessions", "messages", "records"];

await withServer("postgres", (server) => {
  test("a tenant's sessions, messages and records are looked up one by one from the first on", async () => {
    const { url, query, schema } = await ownSchema(server.url, { after: onTestFinished });
    const slow = new URL(url);
    // All on one connection, which keeps the plans that it made while everything was empty.
    slow.searchParams.set("pool", "1");
    const store = await openPostgresStore({ url: slow.href });
    // Nor does the server learn meanwhile how few rows there are, and read them all.
    for (const table of TABLES) await query(`ALTER TABLE ${schema}.${table} SET (autovacuum_enabled = off)`);
    for (let n = 0; n < MANY; n++) {
      for (const id of ["one", `chat-${n}`])
        await store.writeSession(sessionKey(id), {
          operations: [{ operation: "append", messages: [makeMessage(`m${n}`)] }],
          now: START,
        });
      expect(await store.readSession(sessionKey(`chat-${n}`), { now: START })).not.toBeNull();
      const put = putRecord(makeRecord(`r${n}`), { duplicateKey: `d${n}` });
      await store.write("acme", { writes: [put], now: START });
      expect(await store.read("acme", [`r${n}`], { now: START })).toMatchObject([{ id: `r${n}` }]);
    }
    await store.close();
    const counted = async (table: string) => {
      const [row] = await query<{ scans: string; read: string }>(
        `SELECT sum(idx_scan) AS scans, sum(idx_tup_read) AS read FROM pg_stat_user_indexes
          WHERE schemaname = $1 AND relname = $2`,
        [schema, table],
      );
      return { scans: Number(row?.scans), read: Number(row?.read) };
    };
    for (const table of TABLES) {
      // The server counts when the connection ends.
      await until(`lookups in ${table} are counted`, async () => (await counted(table)).scans > MANY / 2);
      const { scans, read } = await counted(table);
      // An index of the wrong columns gives half of the tenant for each.
      expect([table, read / scans < 10]).toEqual([table, true]);
    }
  });

  test.each([
    ["without statistics", []],
    ["with statistics", ["records", "entries"]],
  ])("an index is filled by reading each entry once, however many pages that takes, %s", async (_, known) => {
    const { url, query, schema } = await ownSchema(server.url, { after: onTestFinished });
    const store = await openPostgresStore({ url });
    await query(`ALTER TABLE ${schema}.records SET (autovacuum_enabled = off)`);
    await query(`ALTER TABLE ${schema}.entries SET (autovacuum_enabled = off)`);
    const writes = Array.from({ length: PAGES * 50 }, (_, n) => putRecord(makeRecord(`r${n}`)));
    await store.write("acme", { writes, now: START });
    for (const table of known) await query(`ANALYZE ${schema}.${table}`);
    let afterRow = 0;
    for (let page = 0; page < PAGES; page++)
      afterRow = (await store.indexed("acme", { afterRow, limit: 50 })).at(-1)?.row ?? 0;
    expect(await store.indexed("acme", { afterRow, limit: 50 })).toEqual([]);
    await store.close();
    const read = async () => {
      const [row] = await query<{ read: string }>(
        "SELECT idx_tup_read AS read FROM pg_stat_user_indexes WHERE schemaname = $1 AND indexrelname = 'entries_pkey'",
        [schema],
      );
      return Number(row?.read);
    };
    await until("reads are counted", async () => (await read()) >= writes.length);
    expect(await read()).toBeLessThan(2 * writes.length);
  });
});
