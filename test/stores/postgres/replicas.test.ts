import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { EVERYTHING } from "../../../src/core/filter/filter.ts";
import type { Store } from "../../../src/core/store.ts";
import { openMemory } from "../../../src/index.ts";
import { openPostgresStore } from "../../../src/stores/postgres/index.ts";
import { makeRecord, putRecord, START } from "../../../src/testing/build.ts";
import { ownSchema } from "../../conformance/emptied.ts";
import { type PostgresServer, query, startPostgres, startReplica } from "../../servers/postgres.ts";
import { until } from "../../servers/until.ts";
import { withPrograms } from "../../servers/with-server.ts";

/** A commit is in the log before its answer, as is usual; without it replicas hear of it a fifth of a second later. */
const settings = { synchronous_commit: "on" };

const everything = { filter: EVERYTHING, now: START };

/** All that a replica may answer, without what depends on its place. */
async function scans(store: Store) {
  const records = await store.list("acme", { ...everything, order: "oldest", limit: 100 });
  const indexed = await store.indexed("acme", { afterRow: 0, limit: 100 });
  return {
    listed: records.map(({ id, accessCount }) => [id, accessCount]),
    counted: await store.count("acme", everything),
    rows: (await store.rows("acme", EVERYTHING, START)).length,
    indexed: indexed.map(({ id, entry }) => [id, entry.embedder]),
  };
}

const put = (store: Store, id: string) =>
  store.write("acme", { writes: [putRecord(makeRecord(id))], now: START });

await withPrograms((programs) => {
  let primary: PostgresServer;
  let replica: PostgresServer;

  beforeAll(async () => {
    primary = await startPostgres({ programs, settings });
    replica = await startReplica({ programs, settings, of: primary.url });
  });
  afterAll(async () => {
    await replica.remove();
    await primary.remove();
  });

  /** A store of its own with the replica, and what it says. */
  async function opened(at: string = replica.url) {
    const { url, schema } = await ownSchema(primary.url, { after: onTestFinished });
    const follower = new URL(at);
    follower.password = "hush";
    follower.searchParams.set("application_name", schema);
    const full = `${url}&application_name=${schema}&pool=1&notify=off&timeout=5000&replica=${encodeURIComponent(follower.href)}`;
    const said: string[] = [];
    const saying = (level: string) => (fields: object, message: string) => {
      said.push(`${level}: ${message} ${JSON.stringify(fields)}`);
    };
    const logger = { debug() {}, info: saying("info"), warn: saying("warn"), error: saying("error") };
    const store = await openPostgresStore({ url: full, logger });
    onTestFinished(() => store.close());

    /** The last statement of the store on a server. */
    const lastOn = async (server: PostgresServer) =>
      String(
        await query(
          server.url,
          `SELECT query FROM pg_stat_activity WHERE application_name = '${schema}'
           ORDER BY query_start DESC LIMIT 1`,
        ),
      );
    /** Whether the primary was asked for nothing but its position, and the replica for the records. */
    const answeredByReplica = async (scan: () => Promise<unknown>) => {
      await scan();
      if (!/pg_current_wal_insert_lsn/.test(await lastOn(primary))) return false;
      expect(await lastOn(replica)).toMatch(/FROM "\w+"\.(records|versions)/);
      return true;
    };
    const count = () => store.count("acme", everything);
    return { store, said, url: full, schema, lastOn, answeredByReplica, count };
  }

  test("the replica answers lists, counts, row numbers and index loading; the primary what is asked by id", async () => {
    const { store, said, lastOn, answeredByReplica } = await opened();
    await put(store, "a");
    const asked: (() => Promise<unknown>)[] = [
      () => store.list("acme", { ...everything, order: "newest", limit: 10 }),
      () => store.list("acme", { ...everything, asOf: START, order: "newest", limit: 10 }),
      () => store.count("acme", everything),
      () => store.rows("acme", EVERYTHING, START),
      () => store.indexed("acme", { afterRow: 0, limit: 10 }),
    ];
    for (const scan of asked) await until("the replica answers", () => answeredByReplica(scan));
    await store.read("acme", ["a"], { now: START });
    expect(await lastOn(primary)).toContain("read_records");
    await store.changes("acme", { after: 0, limit: 10 });
    expect(await lastOn(primary)).toContain(".changes");
    expect(said).toEqual([]);
  });

  test("the replica searches inside the database", async () => {
    await query(primary.url, "CREATE EXTENSION IF NOT EXISTS vector");
    const { url, lastOn } = await opened();
    const memory = await openMemory({ store: url, index: "store", jobs: "memory:" });
    onTestFinished(() => memory.close());
    await memory.add("Prefers aisle seats");
    await until("the replica has searched", async () => {
      const { hits } = await memory.search("which seats are preferred?");
      expect(hits.map(({ text }) => text)).toEqual(["Prefers aisle seats"]);
      return (await lastOn(replica)).startsWith("WITH state AS");
    });
  });

  test("whatever was acknowledged is seen, though the replica follows behind", async () => {
    const { store, url, count, answeredByReplica } = await opened();
    const other = await openPostgresStore({ url });
    onTestFinished(() => other.close());
    const ids: string[] = [];
    let answered = 0;
    await until("the replica has answered often", async () => {
      const id = `r${ids.length + 100}`;
      ids.push(id);
      await put(ids.length % 2 ? store : other, id);
      // Neither counting an access nor a new entry is in the change feed.
      await other.touch("acme", [id], START);
      const entry = { ...putRecord(makeRecord(id)).entry, embedder: `new-${id}` };
      await other.reindex("acme", [{ id, version: 1, entry }]);
      if (await answeredByReplica(count)) answered++;
      expect(await scans(store)).toEqual({
        listed: ids.map((one) => [one, 1]),
        counted: ids.length,
        rows: ids.length,
        indexed: ids.map((one) => [one, `new-${one}`]),
      });
      return answered === 20;
    });
  });

  test("a replica that stands still answers nothing, until it has caught up", async () => {
    const { store, answeredByReplica, count } = await opened();
    await put(store, "a");
    await until("the replica answers", () => answeredByReplica(count));
    await query(replica.url, "SELECT pg_wal_replay_pause()");
    try {
      await until(
        "the replica stands still",
        async () => (await query(replica.url, "SELECT pg_get_wal_replay_pause_state()")) === "paused",
      );
      await put(store, "b");
      for (let n = 0; n < 5; n++)
        expect(await scans(store)).toMatchObject({
          counted: 2,
          rows: 2,
          listed: [
            ["a", 0],
            ["b", 0],
          ],
        });
      expect(await answeredByReplica(count)).toBe(false);
    } finally {
      await query(replica.url, "SELECT pg_wal_replay_resume()");
    }
    await until("the replica answers again", () => answeredByReplica(count));
    expect(await count()).toBe(2);
  });

  test("a replica that is away is told of once, and asked again when it is back", async () => {
    const { store, said, answeredByReplica, count } = await opened();
    await put(store, "a");
    await until("the replica answers", () => answeredByReplica(count));
    await replica.process.kill();
    for (let n = 0; n < 5; n++) {
      await put(store, `b${n}`);
      expect(await count()).toBe(2 + n);
    }
    expect(said.filter((line) => line.startsWith("warn"))).toEqual([
      expect.stringContaining("a replica cannot answer; the primary does"),
    ]);
    await replica.process.start();
    await until("the replica answers again", () => answeredByReplica(count));
    expect(said.at(-1)).toContain("info: a replica answers again");
    expect(said.join()).toContain(`127.0.0.1:${replica.port}/postgres`);
    expect(said.join()).not.toContain("hush");
  });

  test("a replica that gives no answer holds nobody up for longer than the timeout", async () => {
    const { store, said, answeredByReplica, count } = await opened();
    await put(store, "a");
    await until("the replica answers", () => answeredByReplica(count));
    replica.process.freeze();
    try {
      expect(await count()).toBe(1);
      expect(said).toEqual([expect.stringContaining("no answer within 500 ms")]);
    } finally {
      replica.process.thaw();
    }
    await until("the replica answers again", () => answeredByReplica(count));
  });

  test("a server that is no replica of this one answers nothing", async () => {
    const { store, said, count } = await opened(primary.url);
    await put(store, "a");
    expect(await count()).toBe(1);
    expect(said).toEqual([expect.stringContaining("it is no replica of this database")]);
  });

  test("another database of the replica answers nothing, though it has the same tables", async () => {
    await query(primary.url, "CREATE DATABASE twin");
    const twin = (server: PostgresServer) => server.url.replace("/postgres", "/twin");
    const { store, said, count, schema } = await opened(twin(replica));
    const other = await openPostgresStore({ url: `${twin(primary)}?schema=${schema}` });
    await other.close();
    await until("the replica has the tables", async () => {
      const there = `SELECT to_regclass('${schema}.records') IS NOT NULL`;
      return (await query(twin(replica), there)) === true;
    });
    await put(store, "a");
    await until("the replica was asked", async () => {
      expect(await count()).toBe(1);
      return said.length > 0;
    });
    expect(said).toEqual([expect.stringContaining("it is no replica of this database")]);
  });

  test("a store that is closed leaves no connection on the replica", async () => {
    const { store, schema, answeredByReplica, count } = await opened();
    await put(store, "a");
    await until("the replica answers", () => answeredByReplica(count));
    await store.close();
    await until("no connection is left", async () => {
      const left = `SELECT count(*) FROM pg_stat_activity WHERE application_name = '${schema}'`;
      return (await query(replica.url, left)) === "0";
    });
  });
});
