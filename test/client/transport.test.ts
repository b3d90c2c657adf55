import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { connectMemory } from "../../src/client/index.ts";
import {
  ConflictError,
  MemoirError,
  NotFoundError,
  StoreError,
  UnauthorizedError,
  ValidationError,
} from "../../src/core/errors.ts";
import { UNRESTRICTED } from "../../src/core/scope.ts";
import { type Served, serveMemory } from "../server/served.ts";

const session = { tenant: "default", namespace: null, userId: null, sessionId: "s" };
const push = [{ operation: "pushList", list: "l", values: [1] }] as const;

describe("against a memory server", () => {
  let served: Served;
  beforeAll(async () => {
    served = await serveMemory("memory:", {
      auth: { tokens: ["secret"] },
      stream: { poll: 2, heartbeat: 5 },
    });
  });
  afterAll(async () => {
    await served.close();
  });

  /** A network that loses the answers to the first few requests, after the server has done its work. */
  function losing(answers: number): typeof fetch {
    let left = answers;
    return async (...request) => {
      const response = await fetch(...request);
      if (left-- <= 0) return response;
      await response.body?.cancel();
      throw new TypeError("socket hang up");
    };
  }

  const connect = (options: Parameters<typeof connectMemory>[1] = {}) =>
    connectMemory(served.url, { token: "secret", backoff: 1, ...options });

  test("a write whose answer got lost is sent again and done once", async () => {
    const memory = connect({ fetch: losing(2) });
    const receipt = await memory.writeSession({ ...session, sessionId: "lost" }, push);
    expect(receipt.results).toEqual([1]);
    const added = await connect({ fetch: losing(1) }).add(UNRESTRICTED, [{ text: "lost and found" }]);
    expect(added).toMatchObject([{ status: "created" }]);
    expect((await memory.list(UNRESTRICTED)).total).toBe(1);
  });

  test("what cannot be repeated safely is not", async () => {
    const memory = connect({ fetch: losing(1) });
    await expect(memory.deleteSession({ ...session, sessionId: "lost" })).rejects.toMatchObject({
      code: "server_unreachable",
    });
  });

  test("retries end", async () => {
    let requests = 0;
    const memory = connect({
      retries: 2,
      fetch: async () => {
        requests++;
        throw new TypeError("no route");
      },
    });
    await expect(memory.list(UNRESTRICTED)).rejects.toMatchObject({
      code: "server_unreachable",
      retryable: true,
    });
    expect(requests).toBe(3);
  });

  test("errors are of the same class, with the same facts", async () => {
    const memory = connect();
    await expect(memory.update(UNRESTRICTED, "none", { text: "x" })).rejects.toBeInstanceOf(NotFoundError);
    await expect(memory.writeSession(session, push, { expectedVersion: 5 })).rejects.toBeInstanceOf(
      ConflictError,
    );
    const invalid = await memory.list(UNRESTRICTED, { limit: 0 }).catch((error: unknown) => error);
    expect(invalid).toBeInstanceOf(ValidationError);
    expect((invalid as ValidationError).issues).toEqual([
      { path: ["limit"], type: "greater_than_equal", message: "must be at least 1", input: 0 },
    ]);
    await expect(connect({ token: "wrong" }).list(UNRESTRICTED)).rejects.toBeInstanceOf(UnauthorizedError);
  });

  test("a call can be given up, before and while it runs", async () => {
    const memory = connect();
    const reason = new Error("enough");
    await expect(memory.list(UNRESTRICTED, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const slow = connect({
      fetch: (_, init) =>
        new Promise((_resolve, reject) => {
          init?.signal?.addEventListener("abort", () => reject(init.signal?.reason));
          controller.abort(reason);
        }),
    });
    await expect(slow.list(UNRESTRICTED, { signal: controller.signal })).rejects.toBe(reason);
  });

  test("a call has a deadline", async () => {
    const memory = connect({
      timeout: 5,
      fetch: (_, init) =>
        new Promise((_resolve, reject) => {
          init?.signal?.addEventListener("abort", () => reject(init.signal?.reason));
        }),
    });
    await expect(memory.list(UNRESTRICTED)).rejects.toMatchObject({ code: "timed_out" });
  });

  test("changes are followed as they happen, across a broken connection, until the loop is left", async () => {
    const scope = { ...UNRESTRICTED, userId: "follower" };
    let connections = 0;
    const breaking: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      const reader = response.body?.getReader();
      const last = ++connections > 1;
      const body = new ReadableStream<Uint8Array>({
        async pull(controller) {
          const part = await reader?.read();
          if (!part || part.done) return controller.close();
          controller.enqueue(part.value);
          // The first connection breaks as soon as it has brought a change.
          if (!last && new TextDecoder().decode(part.value).includes("data:"))
            controller.error(new Error("reset"));
        },
        cancel: () => reader?.cancel(),
      });
      return new Response(body, response);
    };
    const memory = connect({ fetch: breaking });
    const writer = connect();
    await writer.add(scope, [{ id: "f1", text: "one" }]);
    const seen: string[] = [];
    for await (const change of memory.follow(scope, { reconnect: 1 })) {
      seen.push(change.id);
      if (change.id === "f1") await writer.add(scope, [{ id: "f2", text: "two" }]);
      if (change.id === "f2") break;
    }
    expect(seen).toEqual(["f1", "f2"]);
    expect(connections).toBeGreaterThan(1);
  });

  test("following ends with its signal, and refuses what the server refuses", async () => {
    const reason = new Error("enough");
    const controller = new AbortController();
    const next = connect()
      .follow({ ...UNRESTRICTED, userId: "nobody" }, { signal: controller.signal })
      .next();
    controller.abort(reason);
    await expect(next).rejects.toBe(reason);
    await expect(connect({ token: "wrong" }).follow(UNRESTRICTED).next()).rejects.toBeInstanceOf(
      UnauthorizedError,
    );
  });
});

describe("against something else", () => {
  let server: Server | undefined;

  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  async function answering(
    status: number,
    body: string,
    headers: Record<string, string> = {},
  ): Promise<string> {
    const created = createServer((_, response) => response.writeHead(status, headers).end(body));
    server = created;
    await new Promise<void>((resolve) => created.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(created.address() as AddressInfo).port}/behind/a/proxy/`;
  }

  test.each([
    [401, UnauthorizedError, "unauthorized"],
    [404, NotFoundError, "not_found"],
    [413, MemoirError, "body_too_large"],
    [429, StoreError, "store_busy"],
    [502, MemoirError, "server_unreachable"],
    [500, MemoirError, "internal"],
  ])("a page with status %i becomes an error", async (status, family, code) => {
    const url = await answering(status, "<html>sorry</html>", { "content-type": "text/html" });
    const error = await connectMemory(url, { retries: 0 })
      .list(UNRESTRICTED)
      .catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(family);
    expect(error).toMatchObject({ code });
  });

  test("an answer that is no JSON is an error", async () => {
    const url = await answering(200, "hello");
    await expect(connectMemory(url, { retries: 0 }).list(UNRESTRICTED)).rejects.toMatchObject({
      code: "server_unreachable",
    });
  });

  test("the path of the address is kept", async () => {
    const url = await answering(200, "{}");
    const paths: string[] = [];
    server?.on("request", (request) => paths.push(request.url ?? ""));
    await connectMemory(url)
      .changes(UNRESTRICTED)
      .catch(() => {});
    expect(paths).toEqual(["/behind/a/proxy/v1/changes"]);
  });

  test("an address that is none is refused", () => {
    for (const url of ["", "localhost:8000", "ftp://host", "http://"])
      expect(() => connectMemory(url)).toThrow(ValidationError);
  });
});
