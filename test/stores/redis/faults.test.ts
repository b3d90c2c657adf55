import { createClient } from "redis";
import { expect, onTestFinished, test } from "vitest";
import type { Store } from "../../../src/core/store.ts";
import { openRedisStore } from "../../../src/stores/redis/index.ts";
import { at, makeRecord, putRecord, sessionKey } from "../../../src/testing/build.ts";
import { faultyRouteTo } from "../../faults/faulty-route.ts";
import { startRedis } from "../../servers/redis.ts";
import { freshPrefix, withPrograms, withServer } from "../../servers/with-server.ts";

const now = at(0);
const CHAT = sessionKey("chat");
const count = (store: Store) =>
  store.writeSession(CHAT, { operations: [{ operation: "increment", key: "n", by: 1 }], now });
const sum = async (store: Store) => (await store.readSession(CHAT, { now }))?.data["n"];

await withServer("redis", ({ url }) => {
  test("a write whose answer got lost is carried out once, and answered", async () => {
    const route = await faultyRouteTo(Number(new URL(url).port));
    const store = await openRedisStore({ url: `redis://127.0.0.1:${route.port}`, prefix: freshPrefix() });
    await count(store);
    for (let expected = 2; expected <= 6; expected++) {
      route.loseNextAnswer();
      expect((await count(store)).results).toEqual([expected]);
    }
    expect(await sum(store)).toBe(6);
    await store.write("acme", { writes: [putRecord(makeRecord("first"))], now });
    route.loseNextAnswer();
    const { versions } = await store.write("acme", { writes: [putRecord(makeRecord("a"))], now });
    expect(versions).toEqual([1]);
    route.loseNextAnswer();
    expect(await store.deleteSession(CHAT, { now })).toBe(true);
    expect(await store.changes("acme", { after: 0, limit: 100 })).toHaveLength(9);
    await store.close();
  });
});

await withPrograms((programs) => {
  const started = async (parameters: readonly string[] = []) => {
    const server = await startRedis({ program: programs.redis7, durable: true, parameters });
    onTestFinished(server.remove);
    return server;
  };

  test("a wrong password and a full memory are told, without the password", async () => {
    const server = await started();
    const admin = await createClient({ url: server.url }).connect();
    await admin.configSet({ maxmemory: "2mb", requirepass: "right" });
    await admin.close();
    const place = server.url.slice("redis://".length);
    const refused = openRedisStore({ url: `redis://:secret@${place}` });
    await expect(refused).rejects.toMatchObject({ code: "store_failed", retryable: false });
    await expect(refused).rejects.toThrow("it wants another user name or password");
    await expect(refused).rejects.not.toThrow("secret");
    const nobody = openRedisStore({ url: "redis://u:secret@127.0.0.1:1", timeout: 100 });
    await expect(nobody).rejects.toMatchObject({ code: "store_unavailable", retryable: true });
    await expect(nobody).rejects.not.toThrow("secret");
    const store = await openRedisStore({ url: `redis://:right@${place}` });
    const text = "x".repeat(100_000);
    const fill = async () => {
      for (let index = 0; ; index++)
        await store.write("acme", { writes: [putRecord(makeRecord(`r${index}`, { text }))], now });
    };
    await expect(fill()).rejects.toMatchObject({ code: "store_full", retryable: true });
    await store.close();
  });

  test("a write that too few replicas have is an error", async () => {
    const primary = await started(["--repl-diskless-sync-delay", "0", "--shutdown-timeout", "0"]);
    const store = await openRedisStore({ url: `${primary.url}?minReplicas=1&timeout=3000` });
    await expect(count(store)).rejects.toMatchObject({
      code: "store_unavailable",
      message: expect.stringContaining("0 replicas"),
    });
    await store.close();
    await started(["--replicaof", `127.0.0.1 ${primary.port}`]);
    const patient = await openRedisStore({ url: `${primary.url}?minReplicas=1` });
    expect((await count(patient)).results).toEqual([2]);
    await patient.close();
  });
});
