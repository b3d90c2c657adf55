import { expect, onTestFinished, test } from "vitest";
import { EVERYTHING, type Filter } from "../../../src/core/filter/filter.ts";
import { parseFilter } from "../../../src/core/filter/parse.ts";
import { MAX_LABEL_LENGTH } from "../../../src/core/identifiers.ts";
import { openPostgresStore } from "../../../src/stores/postgres/index.ts";
import { makeMessage, makeRecord, putRecord, START, sessionKey } from "../../../src/testing/build.ts";
import { ownSchema } from "../../conformance/emptied.ts";
import { withServer } from "../../servers/with-server.ts";

/** The longest label there may be, three bytes a character, which no index of PostgreSQL could hold. */
const long = (last: string) => `${"漢".repeat(MAX_LABEL_LENGTH - 1)}${last}`;

await withServer("postgres", async (server) => {
  test("labels of any length are told apart by their last character", async () => {
    const { url } = await ownSchema(server.url, { ordinary: true, after: onTestFinished });
    const store = await openPostgresStore({ url });
    const tenant = long("t");
    const scopes = ["a", "b"].map((last) => ({
      namespace: long(`n${last}`.slice(1)),
      userId: long(last),
      agentId: long(last),
      sessionId: long(last),
    }));
    const records = scopes.map((scope, index) => makeRecord(long(String(index)), scope));
    await store.write(tenant, {
      writes: records.map((record) => putRecord(record, { duplicateKey: long(record.id.slice(-1)) })),
      now: START,
      idempotency: { key: long("k"), fingerprint: long("f"), result: 1 },
    });
    const ids = records.map(({ id }) => id);
    const stored = records.map((record) => ({ ...record, version: 1 }));
    expect(await store.read(tenant, ids, { now: START })).toEqual(stored);
    expect(await store.read(long("T"), ids, { now: START })).toEqual([null, null]);
    expect((await store.findDuplicates(tenant, [long("1")], START)).get(long("1"))).toEqual(stored[1]);
    expect(await store.recallResult(tenant, { key: long("k"), fingerprint: long("f") })).toBe(1);
    for (const field of ["namespace", "userId", "agentId", "sessionId", "id"] as const) {
      const value = records[1]?.[field] ?? "";
      for (const filter of [
        { [field]: value },
        { [field]: { any: [value, "x"] } },
        { [field]: { startsWith: value } },
        { [field]: { gt: records[0]?.[field] ?? null } },
      ]) {
        const query = {
          filter: parseFilter(filter as Filter),
          now: START,
          order: "newest",
          limit: 9,
        } as const;
        expect(await store.list(tenant, query)).toEqual([stored[1]]);
        expect(await store.list(tenant, { ...query, asOf: START })).toEqual([stored[1]]);
      }
    }
    const indexed = await store.indexed(tenant, { afterRow: 0, limit: 9, userId: long("b") });
    expect(indexed.map(({ id }) => id)).toEqual([ids[1]]);
    const stale = { embedder: "other", analyzer: "test", limit: 9 };
    expect(await store.staleEntries(tenant, stale)).toEqual(ids);

    const key = sessionKey(long("s"), { tenant, namespace: long("n"), userId: long("u") });
    const operations = [
      { operation: "append", messages: [makeMessage(long("0")), makeMessage(long("1"))] },
    ] as const;
    await store.writeSession(key, { operations, now: START });
    const repeated = await store.writeSession(key, { operations, now: START });
    expect(repeated).toEqual({ version: 2, created: false, results: [[]] });
    expect(await store.findSessions(tenant, key.sessionId, START)).toEqual([key]);
    expect(
      (await store.listSessions(tenant, { now: START, limit: 9, offset: 0, userId: long("u") })).total,
    ).toBe(1);

    const changes = await store.changes(tenant, { after: 0, limit: 9 });
    expect(changes[0]).toMatchObject({ id: ids[0], ...scopes[0] });
    expect(await store.tenants()).toEqual([tenant]);
    expect(await store.erase(tenant, ids, START)).toEqual(ids);
    expect(await store.count(tenant, { filter: EVERYTHING, now: START })).toBe(0);
    expect(await store.check()).toEqual([]);
    await store.close();
  });
});
