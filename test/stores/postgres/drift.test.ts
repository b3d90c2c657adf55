import { expect, onTestFinished, test } from "vitest";
import { openPostgresStore } from "../../../src/stores/postgres/index.ts";
import { makeRecord, putRecord, START } from "../../../src/testing/build.ts";
import { ownSchema } from "../../conformance/emptied.ts";
import { withServer } from "../../servers/with-server.ts";

await withServer("postgres", async (server) => {
  const changes: [what: string, change: string, finding: RegExp][] = [
    ["an index is gone", "DROP INDEX SCHEMA.records_by_time", /lacks: index records_by_time/],
    ["a column is gone", "ALTER TABLE SCHEMA.changes DROP COLUMN request", /lacks: column changes\.request/],
    [
      "a column has another type",
      "ALTER TABLE SCHEMA.records ALTER importance TYPE real",
      /column records\.importance: double precision/,
    ],
    [
      "row-level security is off",
      "ALTER TABLE SCHEMA.records DISABLE ROW LEVEL SECURITY",
      /row-level security of records: forced/,
    ],
    [
      "row-level security does not bind the owner",
      "ALTER TABLE SCHEMA.messages NO FORCE ROW LEVEL SECURITY",
      /row-level security of messages: forced/,
    ],
    [
      "a policy lets everybody in",
      "ALTER POLICY own_tenant ON SCHEMA.versions USING (true)",
      /policy own_tenant on versions/,
    ],
    [
      "a function was replaced",
      "CREATE OR REPLACE FUNCTION SCHEMA.refuse(p_code text, p_detail json) RETURNS void LANGUAGE sql AS ''",
      /function refuse/,
    ],
    [
      "a migration was applied in another form",
      "UPDATE SCHEMA.migrations SET checksum = 'other' WHERE number = 2",
      /Migration 2 .* in another form/,
    ],
  ];

  test.each(changes)("a check tells when %s", async (_, change, finding) => {
    const { url, query, schema } = await ownSchema(server.url, { after: onTestFinished });
    const store = await openPostgresStore({ url });
    await store.write("acme", { writes: [putRecord(makeRecord("a"))], now: START });
    await query(change.replaceAll("SCHEMA", schema));
    const problems = await store.check();
    expect(problems.join("\n")).toMatch(finding);
    expect(problems).toHaveLength(1);
    await store.close();
  });

  test("what others added is no drift", async () => {
    const { url, query, schema } = await ownSchema(server.url, { ordinary: true, after: onTestFinished });
    const store = await openPostgresStore({ url });
    await query(`CREATE INDEX theirs ON ${schema}.records (importance); CREATE TABLE ${schema}.more (a int)`);
    expect(await store.check()).toEqual([]);
    await store.close();
  });

  const damages: [what: string, damage: string, finding: RegExp][] = [
    ["a version is gone", "DELETE FROM SCHEMA.versions WHERE id = 'a'", /"a" has no version 1/],
    ["an entry is gone", "DELETE FROM SCHEMA.entries", /"a" has no index entry/],
    ["a record is gone", "DELETE FROM SCHEMA.records", /Index entry 1 belongs to no record/],
    ["a change is gone", "DELETE FROM SCHEMA.changes WHERE sequence = 1", /ends at 1, but has 0 changes/],
  ];

  test.each(damages)("a check tells when %s", async (_, damage, finding) => {
    const { url, query, schema } = await ownSchema(server.url, { after: onTestFinished });
    const store = await openPostgresStore({ url });
    await store.write("acme", { writes: [putRecord(makeRecord("a"))], now: START });
    expect(await store.check()).toEqual([]);
    await query(damage.replaceAll("SCHEMA", schema));
    expect((await store.check()).join("\n")).toMatch(finding);
    await store.close();
  });
});
