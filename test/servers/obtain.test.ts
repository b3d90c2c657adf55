import { afterEach, expect, test, vi } from "vitest";
import { obtainServer } from "./obtain.ts";
import { withServer } from "./with-server.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

const noPostgres = async () => "";

test("where servers are only to be given, a missing one is told with what to do", async () => {
  vi.stubEnv("MEMOIR_TEST_SERVERS", "given");
  vi.stubEnv("MEMOIR_TEST_REDIS_URL", "");
  await expect(obtainServer("redis", noPostgres)).rejects.toThrow(
    /No Redis 7 \(MEMOIR_TEST_SERVERS=given\)\. Name one in MEMOIR_TEST_REDIS_URL/,
  );
});

await withServer("redis", ({ url }) => {
  test("a server that is given is used, and not ended", async () => {
    vi.stubEnv("MEMOIR_TEST_REDIS_URL", url);
    const server = await obtainServer("redis", noPostgres);
    expect(server.url).toBe(url);
    expect(server.summary).toMatch(/^Redis 7: \d+\.\d+\.\d+ from MEMOIR_TEST_REDIS_URL$/);
    await server.remove();
    await (await obtainServer("redis", noPostgres)).remove();
  });

  test("a server that is given must do what the tests need", async () => {
    vi.stubEnv("MEMOIR_TEST_REDIS8_URL", url);
    await expect(obtainServer("redis8", noPostgres)).rejects.toThrow("has no vadd, vsim");
  });
});
