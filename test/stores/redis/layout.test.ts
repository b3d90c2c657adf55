import { createClient } from "redis";
import { expect, onTestFinished, test } from "vitest";
import { openMemory } from "../../../src/index.ts";
import { openRedisStore } from "../../../src/stores/redis/index.ts";
import { at, makeMessage, makeRecord, putRecord, START, sessionKey } from "../../../src/testing/build.ts";
import { freshPrefix, withServer } from "../../servers/with-server.ts";

await withServer("redis", ({ url }) => {
  const connected = async () => {
    const client = await createClient({ url }).connect();
    onTestFinished(() => client.close());
    return client;
  };
  const keysOf = async (prefix: string) => {
    const client = await connected();
    const keys: string[] = [];
    for await (const page of client.scanIterator({ MATCH: `*${prefix}*` })) keys.push(...page);
    return keys.filter((key) => !key.includes(":request:") && !key.startsWith(`{${prefix}:jobs}`)).sort();
  };

  test("a conversation is kept under memory:conv:{conversation_id}:{field}", async () => {
    const prefix = freshPrefix();
    const memory = await openMemory(`${url}?prefix=${prefix}`, { jobs: "memory:" });
    const chat = memory.session("chat-42");
    await chat.append({ role: "user", content: "Hello" });
    await chat.data.set("count", 1);
    await memory.scope({ userId: "a}b/c" }).session("chat-42").append({ role: "user", content: "Hello" });
    await memory.close();
    const conversations = (await keysOf(prefix)).filter((key) => key.startsWith(`${prefix}:conv:`));
    expect(conversations).toEqual(
      [
        ...["data", "dates", "messages", "meta"].map((field) => `${prefix}:conv:{chat-42}:${field}`),
        ...["dates", "messages", "meta"].map(
          (field) => `${prefix}:conv:{default//a%7Db%2Fc/chat-42}:${field}`,
        ),
      ].sort(),
    );
    const others = (await keysOf(prefix)).filter((key) => !conversations.includes(key));
    expect(others.filter((key) => !key.startsWith(`${prefix}:tenant:{default}:`))).toEqual([
      `${prefix}:tenants`,
    ]);
  });

  test("a deleted session leaves nothing under its name", async () => {
    const prefix = freshPrefix();
    const store = await openRedisStore({ url, prefix });
    const key = sessionKey("chat");
    await store.writeSession(key, {
      operations: [
        { operation: "append", messages: [makeMessage("m1")] },
        { operation: "pushList", list: "l", values: [1] },
        { operation: "setTimeToLive", seconds: 5 },
      ],
      now: START,
    });
    await store.deleteSession(key, { now: START });
    await store.close();
    expect((await keysOf(prefix)).filter((name) => name.includes(":conv:"))).toEqual([]);
  });

  test("the server cleans up after a session only where its clock agrees, and a day late", async () => {
    const prefix = freshPrefix();
    const store = await openRedisStore({ url, prefix });
    const client = await connected();
    const write = (id: string, now: string) =>
      store.writeSession(sessionKey(id, { tenant: "default" }), {
        operations: [
          { operation: "append", messages: [makeMessage("m1")] },
          { operation: "setTimeToLive", seconds: 60 },
        ],
        now,
      });
    await write("present", new Date().toISOString());
    await write("past", START);
    await store.close();
    const left = (id: string) => client.ttl(`${prefix}:conv:{${id}}:messages`);
    expect(await left("past")).toBe(-1);
    expect(await left("present")).toBeGreaterThan(24 * 3600);
    expect(await left("present")).toBeLessThanOrEqual(24 * 3600 + 61);
  });

  test("compression makes large values small, and handles with another read them", async () => {
    const text = "the same words again and again, ".repeat(300);
    const sizes: number[] = [];
    const client = await connected();
    for (const compression of ["none", "fast", "high"] as const) {
      const prefix = freshPrefix();
      const store = await openRedisStore({ url, prefix, compression });
      await store.write("default", { writes: [putRecord(makeRecord("a", { text }))], now: START });
      await store.close();
      sizes.push(Number(await client.hStrLen(`${prefix}:tenant:{default}:records`, "a")));
      const plain = await openRedisStore({ url, prefix });
      expect((await plain.read("default", ["a"], { now: at(1) }))[0]?.text).toBe(text);
      await plain.close();
    }
    const [none = 0, fast = 0, high = 0] = sizes;
    expect(none).toBeGreaterThan(text.length);
    expect(fast).toBeLessThan(none / 10);
    expect(high).toBeLessThanOrEqual(fast);
  });
});
