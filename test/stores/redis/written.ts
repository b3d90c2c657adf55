import { openRedisStore } from "../../../src/stores/redis/index.ts";
import { at, makeMessage, makeRecord, putRecord, sessionKey } from "../../../src/testing/build.ts";

const now = at(0);

/** Writes a record and a session for each id; gives the ids. */
export async function writeAll(url: string, ids: readonly string[]): Promise<void> {
  const store = await openRedisStore({ url });
  for (const id of ids) {
    await store.write("acme", { writes: [putRecord(makeRecord(id))], now });
    await store.writeSession(sessionKey(id), {
      operations: [{ operation: "append", messages: [makeMessage(id)] }],
      now,
    });
  }
  await store.close();
}

export async function missing(url: string, ids: readonly string[]): Promise<string[]> {
  const store = await openRedisStore({ url, timeout: 30_000 });
  const records = await store.read("acme", ids, { now });
  const sessions = await Promise.all(ids.map((id) => store.readSession(sessionKey(id), { now })));
  await store.close();
  return ids.filter((id, index) => records[index]?.id !== id || sessions[index]?.messages[0]?.id !== id);
}
