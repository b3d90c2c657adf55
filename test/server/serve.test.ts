import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { type ChangeWatch, WakingWatch } from "../../src/core/change-watch.ts";
import { ValidationError } from "../../src/core/errors.ts";
import { openMemory } from "../../src/open.ts";
import type { MemoryOperations } from "../../src/operations.ts";
import { createApp, serve } from "../../src/server/index.ts";
import { serveMemory } from "./served.ts";

describe("listening", () => {
  test("an open server stays on this machine unless a token is asked for or it is allowed explicitly", async () => {
    const { operations: open } = await openMemory("memory:");
    await expect(serve({ operations: open, host: "0.0.0.0", port: 0 })).rejects.toThrow(ValidationError);
    await open.close();
    for (const more of [{ auth: { tokens: ["t"] } }, { allowUnauthenticated: true }]) {
      const { operations } = await openMemory("memory:");
      const server = await serve({ operations, host: "0.0.0.0", port: 0, ...more, logger: silent });
      expect((await fetch(`http://127.0.0.1:${server.port}/v1/health`)).status).toBe(200);
      await server.close();
    }
  });

  test("a port in use is named", async () => {
    const served = await serveMemory();
    const port = Number(new URL(served.url).port);
    await expect(serve({ operations: served.memory.operations, port })).rejects.toThrow(`${port}`);
    await served.close();
  });

  test("on this machine, foreign host names and origins are refused", async () => {
    const served = await serveMemory();
    const { port } = new URL(served.url);
    const status = (headers: string) =>
      raw(Number(port), `GET /v1/health HTTP/1.1\r\n${headers}\r\nConnection: close\r\n\r\n`).then((text) =>
        Number(text.split(" ")[1]),
      );
    expect(await status(`Host: localhost:${port}`)).toBe(200);
    expect(await status(`Host: [::1]:${port}`)).toBe(200);
    expect(await status(`Host: LOCALHOST`)).toBe(200);
    expect(await status("Host: attacker.example")).toBe(403);
    expect(await status(`Host: localhost\r\nOrigin: http://localhost:3000`)).toBe(200);
    expect(await status(`Host: localhost\r\nOrigin: https://attacker.example`)).toBe(403);
    expect(await status(`Host: localhost\r\nOrigin: null`)).toBe(403);
    await served.close();
  });

  test("broken requests get a 4xx, and the server goes on", async () => {
    const served = await serveMemory();
    const port = Number(new URL(served.url).port);
    for (const text of [
      "GET /v1/health HTTP/1.1\r\nHost: a b\r\n\r\n",
      "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "GET /v1/working-memory/%ff HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "GET /v1/working-memory/%2e%2e%2f%00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "GET /v1/../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "POST /v1/long-term-memory/search HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n{",
      "PUT /v1/working-memory/s HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      "NONSENSE\r\n\r\n",
    ])
      expect(await raw(port, text), text).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect((await served.api.get("/v1/health")).status).toBe(200);
    await served.close();
  });
});

describe("stopping", () => {
  test("running requests finish, streams end, new ones are refused, then the memory closes", async () => {
    const order: string[] = [];
    const gate = deferred();
    const reached = deferred();
    const memory = await openMemory("memory:");
    const operations: MemoryOperations = {
      ...memory.operations,
      async list(...call) {
        reached.resolve();
        await gate.promise;
        order.push("list");
        return memory.operations.list(...call);
      },
      async close() {
        order.push("close");
        await memory.close();
      },
    };
    const server = await serve({ operations, port: 0, logger: silent });
    const stream = await fetch(`${server.url}/v1/changes`, { headers: { accept: "text/event-stream" } });
    const running = fetch(`${server.url}/v1/long-term-memory/search`, { method: "POST", body: "{}" });
    await reached.promise;
    const closed = server.close();
    await expect(fetch(`${server.url}/v1/health`)).rejects.toThrow();
    expect(await stream.text()).toContain(": open");
    gate.resolve();
    expect((await running).status).toBe(200);
    await closed;
    expect(order).toEqual(["list", "close"]);
    await server.close();
    expect(order).toEqual(["list", "close"]);
  });

  test("a request that never ends is cut off when the grace period is over", async () => {
    const memory = await openMemory("memory:");
    const reached = deferred();
    const operations: MemoryOperations = {
      ...memory.operations,
      list() {
        reached.resolve();
        return new Promise(() => {});
      },
    };
    const server = await serve({ operations, port: 0, grace: 10, logger: silent });
    const running = fetch(`${server.url}/v1/long-term-memory/search`, { method: "POST", body: "{}" });
    const cut = expect(running).rejects.toThrow();
    await reached.promise;
    await server.close();
    await cut;
  });
});

describe("being watched", () => {
  test("one line a request: operation, status and id, but neither ids in the path, bodies nor credentials", async () => {
    const served = await serveMemory("memory:", { auth: { tokens: ["top-secret"] } });
    const headers = { authorization: "Bearer top-secret", "x-request-id": "trace-1" };
    const answer = await served.api.put(
      "/v1/working-memory/private-id",
      { context: "private-text" },
      headers,
    );
    expect(answer.headers.get("x-request-id")).toBe("trace-1");
    await served.api.get("/v1/working-memory/private-id", { authorization: "Bearer guessed-wrong" });
    expect(
      served.log.map(({ fields }) => [
        fields["requestId"] === "trace-1",
        fields["operation"],
        fields["status"],
      ]),
    ).toEqual([
      [true, "putSession", 200],
      [false, "getSession", 401],
    ]);
    expect(JSON.stringify(served.log)).not.toMatch(/private|secret|guessed/);
    await served.close();
  });

  test("a defect is logged with its cause and answered without it", async () => {
    const memory = await openMemory("memory:");
    const lines: [object, string][] = [];
    const app = createApp({
      operations: {
        ...memory.operations,
        list: () => Promise.reject(new Error("the disk is on fire")),
      },
      logger: { ...silent, error: (fields, message) => lines.push([fields, message]) },
    });
    const answer = await app.request("/v1/long-term-memory/search", { method: "POST", body: "{}" });
    expect(answer.status).toBe(500);
    expect(await answer.json()).toMatchObject({ detail: "Internal Server Error", code: "internal" });
    expect(lines).toMatchObject([[{ err: { message: "the disk is on fire" } }, "request failed"]]);
    await memory.close();
  });

  test("a stream of changes that its reader gives up at once leaves nothing behind", async () => {
    const memory = await openMemory("memory:");
    const watches: ("open" | "closed")[] = [];
    const watch = (): ChangeWatch => {
      const waking = new WakingWatch();
      const index = watches.push("open") - 1;
      return {
        next: (milliseconds, signal) => waking.next(milliseconds, signal),
        close() {
          watches[index] = "closed";
          waking.close();
        },
      };
    };
    const app = createApp({ operations: { ...memory.operations, watch }, logger: silent });
    const answer = await app.request("/v1/changes", { headers: { accept: "text/event-stream" } });
    expect(answer.status).toBe(200);
    await answer.body?.cancel();
    expect(watches).toEqual(["closed"]);
    await memory.close();
  });

  test("ready follows the store, live does not", async () => {
    const memory = await openMemory("memory:");
    const app = createApp({ operations: memory.operations, logger: silent });
    expect((await app.request("/health/ready")).status).toBe(200);
    await memory.close();
    expect((await app.request("/health/ready")).status).toBe(503);
    expect((await app.request("/health/live")).status).toBe(200);
  });
});

const silent = { debug() {}, info() {}, warn() {}, error() {} };

function deferred() {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** Sends bytes as they are and gives the beginning of the answer. */
function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    socket.once("data", (data) => {
      resolve(data.toString("latin1"));
      socket.destroy();
    });
    socket.once("error", reject);
    socket.once("close", () => resolve(""));
  });
}
