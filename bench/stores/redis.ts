import { randomBytes } from "node:crypto";
import { createClient } from "redis";
import { openRedisStore } from "../../src/stores/redis/index.ts";
import { makeMessage } from "../../src/testing/build.ts";
import { conversation, ENTRY_BYTES, type Engine, instantOf, READABLE } from "./engine.ts";
import { fill, recordOf } from "./own.ts";

/** Redis by node-redis: each write one MULTI. */
export async function redisEngine(server: string): Promise<Engine> {
  const prefix = `bench-${randomBytes(4).toString("hex")}`;
  const store = await openRedisStore({ url: server, prefix });
  const client = createClient({ url: server });
  await client.connect();
  const key = (name: string) => `${prefix}:bare:${name}`;
  const create = (n: number, id: string) => {
    const record = recordOf(id);
    const [now, listed] = [instantOf(n), { score: 0, value: `${record.createdAt}\0${id}` }];
    return client
      .multi()
      .hSet(key(`record:${id}`), { body: JSON.stringify(record), version: "1", entry: ENTRY_BYTES })
      .rPush(key(`history:${id}`), ["1", now, "create"])
      .zAdd(key("listing"), listed)
      .zAdd(key(`listing:${record.userId}`), listed)
      .xAdd(key("feed"), "*", { i: id, v: "1", c: "create", t: now })
      .exec();
  };
  /** What each change of a session ends with. */
  const changed = (multi: ReturnType<typeof client.multi>, chat: string, n: number) => {
    const [now, listed] = [instantOf(n), { score: n, value: chat }];
    return multi
      .hIncrBy(key(`${chat}:meta`), "version", 1)
      .hSet(key(`${chat}:meta`), "updated", now)
      .zAdd(key("sessions"), listed)
      .zAdd(key("sessions:of-nobody"), listed)
      .xAdd(key("feed"), "*", { i: chat, c: "update", t: now })
      .exec();
  };
  await fill(store);
  for (let n = 0; n < READABLE; n++) await create(n, `there-${n}`);
  return {
    name: "redis",
    driver: "node-redis",
    url: `${server}?prefix=${prefix}`,
    store,
    bare: {
      "read a record": async (n) => {
        const [body, version] = await client.hmGet(key(`record:there-${n % READABLE}`), ["body", "version"]);
        return { ...JSON.parse(body ?? ""), version: Number(version) };
      },
      "create a record": (n, lane) => create(n, `${lane}-${n}`),
      "append a message": (n, lane) => {
        const [chat, message] = [conversation(n, lane), makeMessage(`${lane}-${n}`)];
        const multi = client.multi();
        multi.hSetNX(key(`${chat}:messages`), message.id, JSON.stringify(message));
        multi.zAdd(key(`${chat}:dates`), { score: 0, value: `${message.createdAt}\0${message.id}` });
        return changed(multi, chat, n);
      },
      "push to a list": (n, lane) => {
        const chat = conversation(n, lane);
        const multi = client.multi();
        multi.rPush(key(`${chat}:steps`), `step ${n}`);
        return changed(multi, chat, n);
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
