import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { openMemory } from "../../../src/index.ts";
import { openRedisStore } from "../../../src/stores/redis/index.ts";
import { makeRecord, putRecord, START } from "../../../src/testing/build.ts";
import { type Authority, type Certificate, createAuthority } from "../../servers/certificates.ts";
import { type RedisOptions, type RedisServer, startRedis } from "../../servers/redis.ts";
import { withPrograms } from "../../servers/with-server.ts";

/** What is written is read again. */
async function use(url: string): Promise<void> {
  const store = await openRedisStore({ url });
  await store.write("acme", { writes: [putRecord(makeRecord("a"))], now: START });
  expect(await store.read("acme", ["a"], { now: START })).toMatchObject([{ id: "a" }]);
  await store.close();
}

const withQuery = (url: string, query: Record<string, string>) => `${url}?${new URLSearchParams(query)}`;

await withPrograms((programs) => {
  let [trusted, other]: Authority[] = [];
  let ours: { readonly ca: string } & Certificate;
  const authority = () => trusted as Authority;
  beforeAll(() => {
    [trusted, other] = [createAuthority(), createAuthority()];
    ours = { ca: authority().ca, ...authority().certify("client", "DNS:client") };
  });
  afterAll(() => {
    trusted?.remove();
    other?.remove();
  });

  const started = async (options: Omit<RedisOptions, "program"> = {}): Promise<RedisServer> => {
    const server = await startRedis({ program: programs.redis7, ...options });
    onTestFinished(server.remove);
    return server;
  };
  const tlsOf = (names: string, clients = false) => ({
    ca: authority().ca,
    ...authority().certify("server", names),
    clients,
  });

  describe("over TLS", () => {
    test("a memory, its jobs included, trusts the authority that is named", async () => {
      const { url } = await started({ tls: tlsOf("IP:127.0.0.1") });
      await use(withQuery(url, { ca: ours.ca }));
      await using memory = await openMemory(withQuery(url, { ca: ours.ca }));
      await memory.add("Prefers aisle seats");
      expect((await memory.search("seats")).hits).toHaveLength(1);
    });

    test("a server that nobody vouches for is refused at once, whatever the timeout", async () => {
      const { url } = await started({ tls: tlsOf("IP:127.0.0.1") });
      for (const ca of [undefined, other?.ca]) {
        const opening = use(withQuery(url, { timeout: "600000", ...(ca && { ca }) }));
        await expect(opening).rejects.toMatchObject({ code: "store_failed", retryable: false });
        await expect(opening).rejects.toThrow("its certificate is not trusted: name the file");
      }
    });

    test("a server with the certificate of another one is refused", async () => {
      const { url } = await started({ tls: tlsOf("DNS:redis.example") });
      const opening = use(withQuery(url, { ca: ours.ca }));
      await expect(opening).rejects.toMatchObject({ code: "store_failed" });
      await expect(opening).rejects.toThrow("its certificate is for another name");
    });

    test("a server that speaks no TLS is told, and one that speaks nothing else", async () => {
      const plain = createServer((socket) =>
        socket.on("data", () => socket.write("-ERR unknown command\r\n")),
      );
      await once(plain.listen(0, "127.0.0.1"), "listening");
      onTestFinished(() => void plain.close());
      const opening = use(`rediss://127.0.0.1:${(plain.address() as AddressInfo).port}`);
      await expect(opening).rejects.toThrow("it speaks no TLS: begin the URL with redis instead of rediss");
      const safe = await started({ tls: tlsOf("IP:127.0.0.1") });
      const plainly = use(withQuery(safe.url.replace("rediss:", "redis:"), { timeout: "500" }));
      await expect(plainly).rejects.toMatchObject({ code: "store_unavailable" });
    });

    test("a client shows its certificate to a server that asks for one", async () => {
      const { url } = await started({ tls: tlsOf("IP:127.0.0.1", true) });
      await use(withQuery(url, { ...ours }));
      const opening = use(withQuery(url, { ca: ours.ca }));
      await expect(opening).rejects.toMatchObject({ code: "store_failed", retryable: false });
      await expect(opening).rejects.toThrow("give cert and key");
    });

    test("a file that is not there, and a certificate without its key, are named", async () => {
      const opening = use("rediss://127.0.0.1:1?ca=/nowhere/ca.pem");
      await expect(opening).rejects.toMatchObject({
        code: "invalid_input",
        message: expect.stringContaining("ca"),
      });
      await expect(use("rediss://127.0.0.1:1?cert=/nowhere/c.pem")).rejects.toThrow(/key.*must be given too/);
    });
  });

  test("Sentinels are reached over TLS, with a user and password of their own", async () => {
    const tls = tlsOf("IP:127.0.0.1");
    const primary = await started({ tls, parameters: ["--requirepass", "of-the-data"] });
    const sentinel = await started({
      tls,
      sentinel: [
        "user default off",
        "user watcher on >of-the-sentinel allchannels +@all",
        `sentinel monitor main 127.0.0.1 ${primary.port} 1`,
        "sentinel auth-pass main of-the-data",
      ],
    });
    const url = `rediss+sentinel://:of-the-data@127.0.0.1:${sentinel.port}/main`;
    const query = { ca: ours.ca, sentinelUser: "watcher", sentinelPassword: "of-the-sentinel" };
    await use(withQuery(url, query));
    const refused = use(withQuery(url, { ...query, sentinelPassword: "of-nobody", timeout: "3000" }));
    await expect(refused).rejects.toMatchObject({ code: "store_unavailable" });
    await expect(refused).rejects.toThrow("WRONGPASS");
    await expect(refused).rejects.not.toThrow("of-nobody");
  });
});
