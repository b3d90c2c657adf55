import pg from "pg";
import { expect, onTestFinished, test } from "vitest";
import { EVERYTHING } from "../../../src/core/filter/filter.ts";
import { parseFilter } from "../../../src/core/filter/parse.ts";
import { silentLogger } from "../../../src/core/logger.ts";
import { UNRESTRICTED } from "../../../src/core/scope.ts";
import { openMemory } from "../../../src/index.ts";
import { analyze } from "../../../src/recall/analyze.ts";
import { databaseOn } from "../../../src/stores/postgres/database.ts";
import type { Driver } from "../../../src/stores/postgres/driver.ts";
import { openPostgresStore } from "../../../src/stores/postgres/index.ts";
import { openPgDriver } from "../../../src/stores/postgres/pg-driver.ts";
import {
  type CandidateIndexOptions,
  candidateIndexOn,
} from "../../../src/stores/postgres/search/candidate-index.ts";
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

  /** What searches a memory of its own inside the database, with limits of a test's size. */
  async function openCandidates(count: number, options: CandidateIndexOptions, parameters = "") {
    const { url, schema } = await ownSchema(server.url, { ordinary: true, after: onTestFinished });
    const memory = await openMemory(`${url}${parameters}`, { index: "process" });
    await fillWithTalk(memory, count);
    const bare = new URL(url);
    bare.search = "";
    const config = { connectionString: bare.href };
    const driver = openPgDriver(new pg.Pool(config), {
      timeoutMs: 30_000,
      logger: silentLogger,
      separate: () => new pg.Client(config),
    });
    const flights: number[] = [];
    const counted: Driver = {
      ...driver,
      flight: (statements) => {
        flights.push(statements.length);
        return driver.flight(statements);
      },
    };
    const database = databaseOn(counted, { schema, name: "here", timeoutMs: 30_000 });
    onTestFinished(async () => {
      await database.close();
      await memory.close();
    });
    const space = { embedder: "static-256", dimensions: 256 };
    const tables = await openSearchTables(database, silentLogger);
    const open = (own: CandidateIndexOptions = options) => candidateIndexOn(database, tables, space, own);
    return { memory, url, schema, flights, open };
  }

  const POTTERY = analyze("pottery").map((term) => ({ term, expected: 1 }));
  const scopeAt = (now: string, filter = EVERYTHING) => ({ scope: UNRESTRICTED, filter, now });
  const search = { terms: [], vectors: [], best: 50, neighbours: false, sampled: false, counted: false };

  test("walks along a graph in large scopes, and searches exactly where a filter leaves little", async () => {
    const { schema, open } = await openCandidates(1_000, { exactly: 100 }, "&partitions=2");
    const [exact, along] = [open({}), open()];
    const scope = scopeAt(new Date().toISOString());
    const sample = await along.sample(scope, { whole: 10, some: 50 });
    expect(sample.size).toBe(1_000);
    const graphs = `SELECT count(*)::int FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
      WHERE c.relnamespace = '${schema}'::regnamespace AND c.relname LIKE 'graph%' AND i.indisvalid`;
    await until("the graph is there", async () => (await query(server.url, graphs)) === 1);
    const whole = await exact.sample(scope, { whole: 10, some: 50 });
    for (const { entry } of sample.records.slice(0, 10)) {
      const vectors = entry.vector ? [entry.vector] : [];
      const [right, near] = await Promise.all([whole, sample].map((one) => one.find({ ...search, vectors })));
      const ids = new Set(right?.records.map(({ id }) => id));
      const shared = near?.records.filter(({ id }) => ids.has(id)) ?? [];
      expect(near?.records).toHaveLength(50);
      expect(shared.length).toBeGreaterThanOrEqual(45);
      const itself = near?.records.find(({ cosines }) => (cosines[0] ?? 0) > 0.999);
      expect(itself).toBeDefined();
    }
    const filter = parseFilter({ topics: "tea", sessionId: { in: ["chat-1", "chat-2", "chat-30"] } });
    const few = await along.sample({ ...scope, filter }, { whole: 0, some: 50 });
    expect(few.size).toBeGreaterThan(0);
    const vectors = sample.records.flatMap(({ entry }) => entry.vector ?? []).slice(0, 1);
    expect((await few.find({ ...search, vectors })).records).toHaveLength(few.size);
  });

  test("asks once for a scope that is remembered, and gives nothing of it that is gone", async () => {
    const { memory, flights, open } = await openCandidates(600, { rememberedFrom: 100 });
    const [now, soon] = ["2039-01-01T00:00:00Z", "2039-01-01T00:05:00Z"];
    await memory.add({ id: "guest", text: "Gone soon", expiresAt: soon });
    const index = open();
    const limits = { whole: 10, some: 50 };
    const look = async (at = now) => {
      const sample = await index.sample(scopeAt(at), limits);
      return { sample, found: await sample.find({ ...search, terms: POTTERY, sampled: true }) };
    };
    const first = await look();
    expect(first.found.size).toBe(601);
    const asked = flights.length;
    expect((await look()).found).toEqual(first.found);
    expect(flights.length - asked).toBe(1);

    const sampled = first.sample.records.map(({ id }) => id).filter((id) => id !== "guest");
    const [deleted = "", updated = "", ...others] = sampled;
    await memory.delete(deleted);
    await memory.update(updated, { text: "Pottery is over" });
    await memory.add({ id: "new", text: "The pottery course begins again" });
    const second = await look();
    expect(second.sample.records).toBe(first.sample.records);
    const found = new Map(second.found.records.map((record) => [record.id, record]));
    expect(second.found.size).toBe(601);
    expect(found.has(deleted)).toBe(false);
    expect(found.has("new")).toBe(true);
    const before = first.found.records.find(({ id }) => id === updated)?.entry.features;
    expect(found.get(updated)?.entry.features).not.toEqual(before);

    const third = await look(soon);
    expect(third.sample.records).toBe(first.sample.records);
    expect(third.found.size).toBe(600);
    expect(third.found.records.map(({ id }) => id)).not.toContain("guest");

    for (const id of others.slice(0, 20)) await memory.delete(id);
    expect((await look()).sample.records).toBe(first.sample.records);
    expect((await look()).sample.records).not.toBe(first.sample.records);
  });

  test("knows the size of a scope however often its accesses change", async () => {
    const { url, open } = await openCandidates(300, { rememberedFrom: 100 });
    const index = open();
    const now = new Date().toISOString();
    const filter = parseFilter({ accessCount: { lt: 1 } });
    const sizeNow = async () => {
      const sample = await index.sample(scopeAt(now, filter), { whole: 10, some: 50 });
      return (await sample.find({ ...search, terms: POTTERY })).size;
    };
    expect(await sizeNow()).toBe(300);
    const store = await openPostgresStore({ url });
    const sample = await index.sample(scopeAt(now), { whole: 0, some: 3 });
    await store.touch(
      "default",
      sample.records.map(({ id }) => id),
      now,
    );
    await store.close();
    expect(await sizeNow()).toBe(300 - sample.records.length);
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
