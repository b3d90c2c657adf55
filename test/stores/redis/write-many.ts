import { openRedisStore } from "../../../src/stores/redis/index.ts";
import { at, makeMessage, sessionKey } from "../../../src/testing/build.ts";

/** Appends, pushes and counts in one session, several at once: URL PREFIX NAME COUNT. */
const [url = "", prefix = "", name = "", count = "0"] = process.argv.slice(2);
const store = await openRedisStore({ url, prefix });
const key = sessionKey("chat", { tenant: "t" });
let next = 0;

async function write(): Promise<void> {
  while (next < Number(count)) {
    const index = next++;
    const id = `${name}-${index}`;
    const now = at(0);
    await store.writeSession(key, {
      operations: [{ operation: "append", messages: [makeMessage(id)] }],
      now,
    });
    await store.writeSession(key, { operations: [{ operation: "pushList", list: "l", values: [id] }], now });
    await store.writeSession(key, { operations: [{ operation: "increment", key: "n", by: 1 }], now });
    // Must read first, and still gets its turn.
    if (index % 100 === 0)
      await store.writeSession(key, {
        operations: [{ operation: "mergeData", values: { [name]: { [id]: 1 } } }],
        now,
      });
  }
}

await Promise.all(Array.from({ length: 8 }, write));
await store.close();
