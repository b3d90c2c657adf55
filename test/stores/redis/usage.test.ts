import { expect, test } from "vitest";
import { openRedisStore, redisUsage } from "../../../src/stores/redis/index.ts";
import { makeMessage, makeRecord, putRecord, sessionKey } from "../../../src/testing/build.ts";
import { freshPrefix, withServer } from "../../servers/with-server.ts";

await withServer("redis8", ({ url }) => {
  test("tells a server that has vector sets", async () => {
    expect(await redisUsage({ url, prefix: freshPrefix() })).toMatchObject({ sampled: 0, vectorSets: true });
  });
});

await withServer("redis", ({ url }) => {
  test("tells keys, bytes and expiries by kind, of so many keys", async () => {
    const prefix = `${freshPrefix()}*`;
    const store = await openRedisStore({ url, prefix });
    const now = new Date().toISOString();
    const text = "x".repeat(50_000);
    await store.write("t", {
      writes: [putRecord(makeRecord("a", { text })), putRecord(makeRecord("b"))],
      now,
    });
    for (const id of ["one", "two"])
      await store.writeSession(sessionKey(id), {
        operations: [
          { operation: "append", messages: [makeMessage("m1")] },
          { operation: "setTimeToLive", seconds: id === "one" ? 60 : null },
        ],
        now,
      });
    await store.close();

    const usage = await redisUsage({ url, prefix });
    expect(usage.complete).toBe(true);
    expect(usage.keys).toBeGreaterThanOrEqual(usage.sampled);
    expect(usage.usedBytes).toBeGreaterThan(100_000);
    expect(usage.maxBytes).toBeNull();
    const kind = (name: string) => usage.kinds.find((one) => one.kind === name);
    expect(usage.kinds[0]?.kind).toBe("tenants: records");
    expect(kind("tenants: records")?.bytes).toBeGreaterThan(50_000);
    expect(kind("tenants: history")?.keys).toBe(2);
    expect(kind("conversations: messages")).toMatchObject({ keys: 2, expiring: 1 });
    expect(kind("conversations: messages")?.firstExpiresIn).toBeGreaterThan(3600);
    expect(kind("conversations: meta")).toMatchObject({ keys: 2, expiring: 0, firstExpiresIn: null });

    // The servers of tests write to the disk once a second.
    expect(usage.risks).toMatchObject([{ setting: "appendfsync", value: "everysec", better: "always" }]);
    expect(usage.vectorSets).toBe(false);

    const part = await redisUsage({ url, prefix, sample: 0 });
    expect(part).toMatchObject({ complete: false, sampled: 0, kinds: [] });
  });
});
