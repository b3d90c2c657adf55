import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** An answer that is no success. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

interface Request {
  /** What the groups of the route's pattern stand for. */
  readonly names: readonly string[];
  readonly query: URLSearchParams;
  readonly body: unknown;
}

export type Route = readonly [method: string, path: RegExp, answer: (request: Request) => unknown];

export interface WireServer {
  readonly port: number;
  close(): Promise<void>;
}

/** A real server on a real socket. What no route takes is 404; an answer of undefined has no content. */
export async function serveJson(
  routes: readonly Route[],
  refuse: (status: number, message: string) => unknown,
  permitted: (request: IncomingMessage) => boolean = () => true,
): Promise<WireServer> {
  const server = createServer((request, response) => {
    void answer(request).then(({ status, body }) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(body === undefined ? undefined : JSON.stringify(body));
    });
  });
  // A client that pauses for longer than the default of five seconds must not find its connection closed.
  server.keepAliveTimeout = 0;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };

  async function answer(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const text = Buffer.concat(chunks).toString("utf8");
      if (!permitted(request)) throw new Refusal(401, "there is no such key");
      const url = new URL(request.url ?? "/", "http://here");
      for (const [method, path, handle] of routes) {
        const match = method === request.method ? path.exec(url.pathname) : null;
        if (!match) continue;
        const names = match.slice(1).map(decodeURIComponent);
        const body = text === "" ? undefined : JSON.parse(text);
        return { status: 200, body: await handle({ names, query: url.searchParams, body }) };
      }
      throw new Refusal(404, `no route takes ${request.method} ${url.pathname}`);
    } catch (error) {
      const status = error instanceof Refusal ? error.status : 400;
      return { status, body: refuse(status, (error as Error).message) };
    }
  }
}
