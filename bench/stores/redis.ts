import { randomBytes } from "node:crypto";
import { createClient } from "redis";
import { openRedisStore } from "../../src/stores/redis/index.ts";
import { makeMessage } from "../../src/testing/build.ts";
import { conversation, ENTRY_BYTES, type Engine, READABLE } from "./engine.ts";
import { fill, recordOf } from "./own.ts";

/** Redis by node-redis: each write one MULTI with the data, a version and an entry of a stream. */
export async function redisEngine(server: string): Promise<Engine> {
  const prefix = `bench-${randomBytes(4).toString("hex")}`;
  const store = await openRedisStore({ url: server, prefix });
  const client = createClient({ url: server });
  await client.connect();
  const key = (name: string) => `${prefix}:bare:${name}`;
  const tell = { v: "1", c: "create" };
  const create = (id: string) =>
    client
      .multi()
      .hSet(key("records"), id, JSON.stringify(recordOf(id)))
      .hSet(key("versions"), id, 1)
      .hSet(key("entries"), id, ENTRY_BYTES)
      .xAdd(key("feed"), "*", tell)
      .exec();
  await fill(store);
  for (let n = 0; n < READABLE; n++) await create(`there-${n}`);
  return {
    name: "redis",
    driver: "node-redis",
    url: `${server}?prefix=${prefix}`,
    store,
    bare: {
      "read a record": async (n) =>
        JSON.parse((await client.hGet(key("records"), `there-${n % READABLE}`)) ?? ""),
      "create a record": (n, lane) => create(`${lane}-${n}`),
      "append a message": (n, lane) => {
        const [chat, message] = [conversation(n, lane), makeMessage(`${lane}-${n}`)];
        return client
          .multi()
          .hSet(key(`${chat}:messages`), message.id, JSON.stringify(message))
          .zAdd(key(`${chat}:dates`), { score: n, value: message.id })
          .hIncrBy(key(`${chat}:meta`), "version", 1)
          .xAdd(key("feed"), "*", tell)
          .exec();
      },
      "push to a list": (n, lane) => {
        const chat = conversation(n, lane);
        return client
          .multi()
          .rPush(key(`${chat}:steps`), `step ${n}`)
          .hIncrBy(key(`${chat}:meta`), "version", 1)
          .xAdd(key("feed"), "*", tell)
          .exec();
      },
    },
    async close() {
      await store.close();
      for await (const keys of client.scanIterator({ MATCH: `*${prefix}*`, COUNT: 1000 }))
        if (keys.length > 0) await client.unlink(keys);
      client.destroy();
    },
  };
}
