import pg from "pg";
import { expect, onTestFinished, test } from "vitest";
import { EVERYTHING } from "../../../src/core/filter/filter.ts";
import { parseFilter } from "../../../src/core/filter/parse.ts";
import { silentLogger } from "../../../src/core/logger.ts";
import { UNRESTRICTED } from "../../../src/core/scope.ts";
import { openMemory } from "../../../src/index.ts";
import { databaseOn } from "../../../src/stores/postgres/database.ts";
import { openPostgresStore } from "../../../src/stores/postgres/index.ts";
import { openPgDriver } from "../../../src/stores/postgres/pg-driver.ts";
import { candidateIndexOn } from "../../../src/stores/postgres/search/candidate-index.ts";
import { openSearchTables } from "../../../src/stores/postgres/search/search-tables.ts";
import { ownSchema } from "../../conformance/emptied.ts";
import { makingExtension } from "../../servers/making-extension.ts";
import { query } from "../../servers/postgres.ts";
import { until } from "../../servers/until.ts";
import { freshDatabase, withServer } from "../../servers/with-server.ts";
import { agreement, fillWithTalk, QUESTIONS } from "../../vectors/agreement.ts";

const EXTENSION = "SELECT pg_advisory_xact_lock(2); CREATE EXTENSION IF NOT EXISTS vector";

await withServer("postgres", async (server) => {
  await query(server.url, EXTENSION);

  test("finds nearly what an index in the process finds, and every planted record", async () => {
    const { url } = await ownSchema(server.url, { ordinary: true, after: onTestFinished });
    await using local = await openMemory(url, { index: "process" });
    await fillWithTalk(local, 2_000);
    await using found = await openMemory(url, { index: "store" });
    const { overlap, planted } = await agreement(local, found);
    expect(planted).toBe(QUESTIONS.length);
    expect(overlap).toBeGreaterThan(0.8);
    const last = { id: "keeper" };
    await found.add({ ...last, text: "The lighthouse keeper retired to Bergen" });
    expect((await found.search("who retired to Bergen?")).hits[0]?.id).toBe(last.id);
    await local.update(last.id, { text: "The lighthouse keeper moved to Tromso" });
    expect((await found.search("who moved to Tromso?", { mode: "keyword" })).hits[0]?.id).toBe(last.id);
    await local.delete(last.id);
    const gone = await found.search("lighthouse keeper Tromso", { mode: "keyword" });
    expect(gone).toMatchObject({ hits: [], total: 0 });
    await using other = await openMemory(url, { index: "store" });
    expect((await other.scope({ tenant: "other" }).search("lighthouse")).hits).toEqual([]);
    expect(
      await openPostgresStore({ url }).then(async (store) => [await store.check(), await store.close()]),
    ).toEqual([[], undefined]);
  });

  test("walks along a graph in large scopes, and searches exactly where a filter leaves little", async () => {
    const { url, schema } = await ownSchema(server.url, { ordinary: true, after: onTestFinished });
    await using memory = await openMemory(`${url}&partitions=2`, { index: "process" });
    await fillWithTalk(memory, 1_000);
    const store = await openPostgresStore({ url });
    const bare = new URL(url);
    bare.search = "";
    const config = { connectionString: bare.href };
    const driver = openPgDriver(new pg.Pool(config), {
      timeoutMs: 30_000,
      logger: silentLogger,
      separate: () => new pg.Client(config),
    });
    const database = databaseOn(driver, { schema, name: "here", timeoutMs: 30_000 });
    const space = { embedder: "static-256", dimensions: 256 };
    const tables = await openSearchTables(database, silentLogger);
    const exact = candidateIndexOn(database, tables, space);
    const along = candidateIndexOn(database, tables, space, 100);
    const now = new Date().toISOString();
    const scope = { scope: UNRESTRICTED, filter: EVERYTHING, now };
    const { size, records } = await along.sample(scope, { whole: 10, some: 50 });
    expect(size).toBe(1_000);
    const graphs = `SELECT count(*)::int FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
      WHERE c.relnamespace = '${schema}'::regnamespace AND c.relname LIKE 'graph%' AND i.indisvalid`;
    await until("the graph is there", async () => (await query(server.url, graphs)) === 1);
    const search = { terms: [], size, best: 50, neighbours: false, counted: false };
    for (const { entry } of records.slice(0, 10)) {
      const [right, near] = await Promise.all(
        [exact, along].map((index) => index.find(scope, { ...search, vector: entry.vector })),
      );
      const ids = new Set(right?.records.map(({ id }) => id));
      const shared = near?.records.filter(({ id }) => ids.has(id)) ?? [];
      expect(near?.records).toHaveLength(50);
      expect(shared.length).toBeGreaterThanOrEqual(45);
    }
    const few = {
      ...scope,
      filter: parseFilter({ topics: "tea", sessionId: { in: ["chat-1", "chat-2", "chat-30"] } }),
    };
    const count = await store.count("default", few);
    expect(count).toBeGreaterThan(0);
    const found = await along.find(few, { ...search, vector: records[0]?.entry.vector ?? null });
    expect(found.records).toHaveLength(count);
    await database.close();
    await store.close();
  });

  test("is set up while somebody else makes the extension for another schema", async () => {
    const url = await freshDatabase(server.url);
    const rival = await makingExtension(url);
    const opening = openMemory(url, { index: "store", jobs: "memory:" });
    await rival.commitOnceWaitedFor();
    await using memory = await opening;
    await memory.add("Likes tea");
    expect((await memory.search("tea")).hits).toHaveLength(1);
  });

  const without = await freshDatabase(server.url);

  test("says what is missing where the role may not make the extension, and searches in the process by default", async () => {
    const { url } = await ownSchema(without, { ordinary: true, after: onTestFinished });
    await expect(openMemory(url, { index: "store" })).rejects.toThrow(
      /^index: cannot be store: .*CREATE EXTENSION vector/,
    );
    await using memory = await openMemory(url);
    await memory.add("Likes tea");
    expect((await memory.search("tea")).hits).toHaveLength(1);
  });
});
