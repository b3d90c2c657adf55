import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { openMemory } from "../../../src/index.ts";
import { openPostgresStore } from "../../../src/stores/postgres/index.ts";
import { query, startPostgres } from "../../servers/postgres.ts";
import { withPrograms } from "../../servers/with-server.ts";
import { scratchPath } from "../sqlite/scratch.ts";

const run = promisify(execFile);

await withPrograms((programs) => {
  test("a dump of the schema, taken while it is written to, is restored whole", async () => {
    const server = await startPostgres({ programs });
    onTestFinished(() => server.remove());
    const memory = await openMemory(server.url, { jobs: "memory:" });
    await memory.add({ id: "a", text: "Prefers aisle seats" });
    await memory.update("a", { text: "Prefers window seats" });
    await memory.session("chat").append({ role: "user", content: "Hello" });

    const file = scratchPath();
    const [basebackup = "", ...before] = [...programs.basebackup].reverse();
    const [program = "", ...parameters] = [...before.reverse(), join(dirname(basebackup), "pg_dump")];
    const writing = Promise.all(Array.from({ length: 50 }, (_, index) => memory.add(`Note ${index}`)));
    await run(program, [...parameters, "-d", server.url, "--schema=memoir", "--no-owner", "-f", file]);
    await writing;
    await memory.close();

    await query(server.url, "CREATE DATABASE restored");
    const url = new URL(server.url);
    url.pathname = "/restored";
    await run(programs.psql, ["-d", url.href, "-q", "-v", "ON_ERROR_STOP=1", "-1", "-f", file]);
    const restored = await openPostgresStore({ url: url.href });
    expect(await restored.check()).toEqual([]);
    expect((await restored.history("default", "a")).map(({ record }) => record.text)).toEqual([
      "Prefers aisle seats",
      "Prefers window seats",
    ]);
    const chat = { tenant: "default", namespace: null, userId: null, sessionId: "chat" };
    const session = await restored.readSession(chat, { now: new Date().toISOString() });
    expect(session?.messages.map(({ content }) => content)).toEqual(["Hello"]);
    await restored.close();

    const again = await openMemory(url.href, { jobs: "memory:" });
    expect((await again.search("where does she like to sit?")).hits[0]?.id).toBe("a");
    await again.add("It goes on");
    await again.close();
  });
});
