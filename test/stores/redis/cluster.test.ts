import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { createClient, createCluster } from "redis";
import { expect, onTestFinished, test } from "vitest";
import { openRedisStore } from "../../../src/stores/redis/index.ts";
import { at, makeMessage, makeRecord, putRecord, sessionKey } from "../../../src/testing/build.ts";
import type { RedisServer } from "../../servers/redis.ts";
import { startRedisCluster } from "../../servers/redis-cluster.ts";
import { withPrograms } from "../../servers/with-server.ts";
import { missing, writeAll } from "./written.ts";

const SCRIPT = fileURLToPath(new URL("./write-many.ts", import.meta.url));
const now = at(0);
const IDS = Array.from({ length: 40 }, (_, index) => `s${index}`);

await withPrograms((programs) => {
  const started = async (replicated: boolean) => {
    const cluster = await startRedisCluster({ program: programs.redis7, replicated });
    onTestFinished(() => cluster.remove());
    return cluster;
  };

  const keysOf = async ({ url }: RedisServer) => {
    const client = await createClient({ url }).connect();
    const keys: string[] = [];
    for await (const page of client.scanIterator()) keys.push(...page);
    await client.close();
    return keys;
  };

  test("conversations spread over the cluster, each with all of its fields in one place", async () => {
    const cluster = await started(false);
    await writeAll(cluster.url, IDS);
    const places = await Promise.all(cluster.primaries.map(keysOf));
    const tag = (key: string) => /\{.*?\}/.exec(key)?.[0] ?? key;
    const tags = places.map((keys) => new Set(keys.map(tag)));
    for (const of of tags) expect(of.size).toBeGreaterThan(5);
    const all = tags.flatMap((of) => [...of]);
    expect(new Set(all).size).toBe(all.length);
    expect(places.flat().filter((key) => key.endsWith(":outbox"))).toEqual([]);

    const alone = await openRedisStore({ url: cluster.primaries[0]?.url ?? "" });
    const writes = IDS.map((id) => alone.writeSession(sessionKey(id), { operations: [], now }));
    await expect(Promise.all(writes)).rejects.toThrow("begin the URL with redis+cluster://");
    await alone.close();
  });

  test("what a killed writer did not live to tell, readers enter in the feed, once", async () => {
    const cluster = await started(false);
    const client = await createCluster({
      rootNodes: cluster.primaries.map(({ url }) => ({ url })),
    }).connect();
    onTestFinished(() => client.destroy());
    const pending = "memory:tenant:{t}:pending";
    const marks = () => client.zRange(pending, 0, -1);
    const untold = async () => {
      const announced = new Set(await marks());
      return (await client.hKeys("memory:conv:{t///chat}:outbox")).some((mark) => announced.has(mark));
    };
    // Until one is killed after a change and before telling it.
    for (let round = 0; round < 4 || !(await untold()); round++) {
      const parameters = [SCRIPT, cluster.url, "memory", `w${round}`, "1000000"];
      const child = spawn(process.execPath, parameters, { stdio: "inherit" });
      onTestFinished(() => void child.kill("SIGKILL"));
      const pushed = async () => Number(await client.hGet("memory:conv:{t///chat}:meta", "version"));
      const before = await pushed();
      while ((await pushed()) < before + 20 + 7 * round)
        await new Promise((resolve) => setTimeout(resolve, 5));
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    const left = await marks();
    // As if they had been left a while ago.
    await client.zAdd(
      pending,
      left.map((value) => ({ value, score: 1 })),
    );

    const store = await openRedisStore({ url: cluster.url });
    const session = await store.readSession(sessionKey("chat", { tenant: "t" }), { now });
    const versions = (await store.changes("t", { after: 0, limit: 100_000 })).map(({ version }) => version);
    const every = Array.from({ length: session?.version ?? 0 }, (_, index) => index + 1);
    expect(versions.toSorted((one, other) => one - other)).toEqual(every);
    expect((await store.listSessions("t", { now, limit: 1, offset: 0 })).sessions).toMatchObject([
      { version: session?.version, messageCount: session?.messages.length },
    ]);
    await store.close();
    expect(await client.zCard(pending)).toBe(0);
  });

  test("the feed tells the changes of a session in their order, whoever makes them", async () => {
    const cluster = await started(false);
    const stores = [await openRedisStore({ url: cluster.url }), await openRedisStore({ url: cluster.url })];
    const chat = sessionKey("chat");
    const lane = async (number: number) => {
      for (let index = 0; index < 25; index++)
        await stores[number % 2]?.writeSession(chat, {
          operations: [{ operation: "append", messages: [makeMessage(`${number}-${index}`)] }],
          now,
        });
    };
    await Promise.all(Array.from({ length: 16 }, (_, number) => lane(number)));
    const versions = (await stores[0]?.changes("acme", { after: 0, limit: 1000 }))?.map(
      ({ version }) => version,
    );
    expect(versions).toEqual(Array.from({ length: 400 }, (_, index) => index + 1));
    for (const store of stores) await store.close();
  });

  test("an idempotency key that two sessions use at the same moment belongs to one of them", async () => {
    const cluster = await started(false);
    const stores = [await openRedisStore({ url: cluster.url }), await openRedisStore({ url: cluster.url })];
    for (let round = 0; round < 30; round++) {
      const keys = ["a", "b"].map((name) => sessionKey(`${name}-${round}`));
      const writes = keys.map((key, index) =>
        stores[index]?.writeSession(key, {
          operations: [{ operation: "increment", key: "n", by: 1 }],
          now,
          idempotency: { key: `key ${round}`, fingerprint: key.sessionId },
        }),
      );
      const outcomes = await Promise.allSettled(writes);
      const refused = outcomes.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
      expect(refused).toMatchObject([{ code: "idempotency_key_reused" }]);
      const sessions = await Promise.all(keys.map((key) => stores[0]?.readSession(key, { now })));
      expect(sessions.filter((session) => session !== null)).toHaveLength(1);
    }
    for (const store of stores) await store.close();
  });

  test("a cluster whose primary dies has what replicas were asked to have, and goes on", async () => {
    const cluster = await started(true);
    await writeAll(`${cluster.url}?minReplicas=1`, IDS);
    const store = await openRedisStore({ url: cluster.url, timeout: 30_000 });
    await cluster.primaries[0]?.process.kill();
    const more = IDS.map((id) => `more ${id}`);
    for (const id of more) await store.write("acme", { writes: [putRecord(makeRecord(id))], now });
    for (const id of more)
      await store.writeSession(sessionKey(id), {
        operations: [{ operation: "append", messages: [makeMessage(id)] }],
        now,
      });
    await store.close();
    const survivors = cluster.url.replace(/\/\/[^,]*,/, "//");
    expect(await missing(survivors, [...IDS, ...more])).toEqual([]);
  });
});
