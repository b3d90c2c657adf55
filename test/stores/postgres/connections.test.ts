import pg from "pg";
import { describe, expect, onTestFinished, test } from "vitest";
import { openMemory } from "../../../src/index.ts";
import { openPostgresStore } from "../../../src/stores/postgres/index.ts";
import { makeMessage, makeRecord, putRecord, START, sessionKey } from "../../../src/testing/build.ts";
import { ownSchema } from "../../conformance/emptied.ts";
import { faultyRouteTo } from "../../faults/faulty-route.ts";
import { underLoad } from "../../faults/load.ts";
import { type ThroughFaults, verifyRouteFaults } from "../../faults/route-faults.ts";
import { withServer } from "../../servers/with-server.ts";

/** Milliseconds a call may take. */
const TIMEOUT = 3000;

const write = (id: string) => ({ writes: [putRecord(makeRecord(id))], now: START });

await withServer("postgres", async (server) => {
  /** A schema and a way to it that can be broken. */
  async function routed(options = "") {
    const own = await ownSchema(server.url, { after: onTestFinished });
    // Made on the straight way, so that the other one breaks nothing but what is tested.
    await (await openPostgresStore({ url: own.url })).close();
    const route = await faultyRouteTo(Number(new URL(server.url).port || 5432));
    const url = new URL(own.url);
    // A notification could be what a fault hits instead of the call that is tested.
    url.host = `127.0.0.1:${route.port}`;
    return { ...own, route, routedUrl: `${url.href}&notify=off&timeout=${TIMEOUT}${options}` };
  }

  const throughFaults: ThroughFaults = async (title, fault) => {
    const { url, route, routedUrl } = await routed();
    return underLoad({
      title,
      store: url,
      open: () => openMemory(routedUrl, { jobs: "memory:" }),
      fault: (progress) => fault(route, progress),
    });
  };

  describe("the way to PostgreSQL", () => {
    const unavailable = "store_unavailable";
    verifyRouteFaults(throughFaults, {
      lostAnswer: unavailable,
      noAnswer: unavailable,
      nobodyThere: unavailable,
    });
  });

  test("a write whose answer is lost is done once and acknowledged, without an idempotency key", async () => {
    const { routedUrl, route, url } = await routed("&pool=1");
    const store = await openPostgresStore({ url: routedUrl });
    const chat = sessionKey("chat");
    const say = (id: string) => ({
      operations: [
        { operation: "append", messages: [makeMessage(id)] },
        { operation: "increment", key: "n", by: 1 },
      ] as const,
      now: START,
    });
    await store.write("acme", write("a"));
    await store.writeSession(chat, say("m1"));
    const straight = await openPostgresStore({ url });

    // Broken again and again until the write is there, and mended then.
    const losing = async (call: Promise<unknown>, isThere: () => Promise<boolean>) => {
      route.loseAnswers();
      while (!(await isThere())) await new Promise((resolve) => setImmediate(resolve));
      route.mend();
      return call;
    };
    expect(
      await losing(
        store.write("acme", write("b")),
        async () => (await straight.history("acme", "b")).length > 0,
      ),
    ).toEqual({ versions: [1], sequence: 3 });
    expect(
      await losing(
        store.writeSession(chat, say("m2")),
        async () => (await straight.readSession(chat, { now: START }))?.version === 2,
      ),
    ).toEqual({ version: 2, created: false, results: [["m2"], 2] });
    expect(
      await losing(
        store.erase("acme", ["a", "never"], START),
        async () => (await straight.history("acme", "a")).length === 0,
      ),
    ).toEqual(["a"]);
    expect((await straight.readSession(chat, { now: START }))?.data).toEqual({ n: 2 });
    expect(await straight.lastSequence("acme")).toBe(5);
    await store.close();
    await straight.close();
  });

  test("a pool without a free connection refuses in time", async () => {
    const { url, schema } = await ownSchema(server.url, { after: onTestFinished });
    const store = await openPostgresStore({ url: `${url}&pool=1&timeout=1000` });
    const blocker = new pg.Client({ connectionString: server.url });
    await blocker.connect();
    await store.write("acme", write("a"));
    await blocker.query(`BEGIN; SELECT 1 FROM ${schema}.tenants FOR UPDATE`);
    const waiting = [
      store.write("acme", write("b")),
      store.write("acme", write("c")),
      store.lastSequence("acme"),
    ];
    const outcomes = await Promise.allSettled(waiting);
    const codes = outcomes.map((one) => (one.status === "rejected" ? one.reason.code : "resolved"));
    expect(codes[0]).toMatch(/^store_(busy|unavailable)$/);
    expect(codes.slice(1)).toContain("store_busy");
    await blocker.query("ROLLBACK");
    await blocker.end();
    expect((await store.write("acme", write("d"))).versions).toEqual([1]);
    await store.close();
  });

  test("a write that another transaction locks out is refused in time and did not happen", async () => {
    const { url, schema } = await ownSchema(server.url, { after: onTestFinished });
    const store = await openPostgresStore({ url: `${url}&timeout=1000` });
    await store.write("acme", write("a"));
    const blocker = new pg.Client({ connectionString: server.url });
    await blocker.connect();
    await blocker.query(`BEGIN; SELECT 1 FROM ${schema}.tenants FOR UPDATE`);
    await expect(store.write("acme", write("b"))).rejects.toMatchObject({ retryable: true });
    // Others of the same store are not held up.
    expect((await store.write("other", write("a"))).versions).toEqual([1]);
    await blocker.query("ROLLBACK");
    await blocker.end();
    expect(await store.read("acme", ["b"], { now: START })).toEqual([null]);
    await store.close();
  });

  test("a connection that the server ends is replaced", async () => {
    const { url, query } = await ownSchema(server.url, { after: onTestFinished });
    const store = await openPostgresStore({ url: `${url}&application_name=ended` });
    await store.write("acme", write("a"));
    await query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ended'");
    expect((await store.write("acme", write("b"))).versions).toEqual([1]);
    await store.close();
  });
});
