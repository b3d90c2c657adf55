import { expect, test } from "vitest";
import { openMemory } from "../../src/index.ts";
import { freshPrefix, withServer } from "../servers/with-server.ts";
import { memoir } from "./memoir.ts";

await withServer("redis", ({ url }) => {
  test("doctor tells what a memory takes in Redis, and what is risky there", async () => {
    const store = `${url}?prefix=${freshPrefix()}`;
    const memory = await openMemory(store, { jobs: "memory:" });
    await memory.add("Prefers aisle seats");
    await memory.session("chat").append({ role: "user", content: "Hello" });
    await memory.close();

    const { code, stdout } = await memoir(["doctor", "--store", store], { env: { PORT: "0" } });
    expect(stdout).toMatch(/^ok +redis +redis:\/\/[^ ]+: \d+ keys, [\d.]+ [kM]B in use, no limit\.$/m);
    expect(stdout).toMatch(
      /^ok +redis +Of this memory \d+ keys: (tenants|conversations): \w+ \d+ kB, .* smaller kinds\./m,
    );
    expect(stdout).toMatch(/^ok +redis +The server has no vector sets/m);
    expect(stdout).toMatch(/^warning +redis +appendfsync is not always: .*\n +Set appendfsync to always /m);
    expect(code).toBe(0);
    const asked = await memoir(["doctor", "--store", store, "--index", "store"], { env: { PORT: "0" } });
    expect(asked.stdout).toMatch(/^problem +search +.* is store, but: .* has no vector sets/m);
  });
});
