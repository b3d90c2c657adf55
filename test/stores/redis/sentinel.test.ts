import { expect, onTestFinished, test } from "vitest";
import { openRedisStore } from "../../../src/stores/redis/index.ts";
import { at, makeMessage, makeRecord, putRecord, sessionKey } from "../../../src/testing/build.ts";
import { startWatchedRedis } from "../../servers/redis-sentinel.ts";
import { withPrograms } from "../../servers/with-server.ts";
import { missing, writeAll } from "./written.ts";

const now = at(0);
const IDS = Array.from({ length: 40 }, (_, index) => `s${index}`);

await withPrograms((programs) => {
  test("a replica that Sentinel puts in the primary's place has what it was asked to have, and goes on", async () => {
    const watched = await startWatchedRedis(programs.redis7);
    onTestFinished(() => watched.remove());
    await writeAll(`${watched.url}?minReplicas=1`, IDS);
    const store = await openRedisStore({ url: watched.url, timeout: 30_000 });
    await watched.primary.process.kill();
    await store.write("acme", { writes: [putRecord(makeRecord("more"))], now });
    const append = { operation: "append", messages: [makeMessage("more")] } as const;
    await store.writeSession(sessionKey("more"), { operations: [append], now });
    await store.close();
    expect(await missing(watched.url, [...IDS, "more"])).toEqual([]);
  });
});
