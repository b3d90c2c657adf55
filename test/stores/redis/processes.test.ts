import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { openRedisStore } from "../../../src/stores/redis/index.ts";
import { at, sessionKey } from "../../../src/testing/build.ts";
import { freshPrefix, withServer } from "../../servers/with-server.ts";

const SCRIPT = fileURLToPath(new URL("./write-many.ts", import.meta.url));
const PROCESSES = ["a", "b", "c", "d"];
/** Appends, pushes and counts of each process. */
const EACH = 850;

await withServer("redis", ({ url }) => {
  test("four processes append, push and count ten thousand times in one session and lose nothing", async () => {
    const prefix = freshPrefix();
    const codes = PROCESSES.map(async (name) => {
      const child = spawn(process.execPath, [SCRIPT, url, prefix, name, String(EACH)], { stdio: "inherit" });
      onTestFinished(() => void child.kill("SIGKILL"));
      const [code] = await once(child, "exit");
      return code;
    });
    expect(await Promise.all(codes)).toEqual([0, 0, 0, 0]);

    const store = await openRedisStore({ url, prefix });
    const session = await store.readSession(sessionKey("chat", { tenant: "t" }), { now: at(0) });
    const changes = await store.changes("t", { after: 0, limit: 100_000 });
    expect(await store.check()).toEqual([]);
    await store.close();

    const written = PROCESSES.flatMap((name) =>
      Array.from({ length: EACH }, (_, index) => `${name}-${index}`),
    );
    expect(session?.messages.map(({ id }) => id).toSorted()).toEqual(written.toSorted());
    expect(session?.lists["l"]?.toSorted()).toEqual(written.toSorted());
    expect(session?.data["n"]).toBe(written.length);
    expect(changes.map(({ version }) => version)).toEqual(changes.map((_, index) => index + 1));
    expect(changes).toHaveLength(session?.version ?? 0);
    for (const name of PROCESSES)
      expect(Object.keys(session?.data[name] ?? {})).toHaveLength(Math.ceil(EACH / 100));
  });
});
