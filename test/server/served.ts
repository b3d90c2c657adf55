import type { Clock } from "../../src/core/clock.ts";
import type { Logger } from "../../src/core/logger.ts";
import type { Store } from "../../src/core/store.ts";
import type { Memory } from "../../src/memory.ts";
import { openMemory } from "../../src/open.ts";
import { type ServeOptions, serve } from "../../src/server/index.ts";

/** A clock that tests move. */
export class TestClock implements Clock {
  milliseconds: number;

  constructor(start = "2026-05-04T09:30:00Z") {
    this.milliseconds = Date.parse(start);
  }

  now(): number {
    return this.milliseconds;
  }

  advance(seconds: number): void {
    this.milliseconds += seconds * 1000;
  }
}

export interface LogLine {
  readonly level: string;
  readonly fields: Record<string, unknown>;
  readonly message: string;
}

/** Keeps what is logged. */
export function recordingLogger(lines: LogLine[]): Logger {
  const at = (level: string) => (fields: object, message: string) => {
    lines.push({ level, fields: fields as Record<string, unknown>, message });
  };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

export interface Served {
  readonly url: string;
  readonly memory: Memory;
  readonly clock: TestClock;
  readonly log: LogLine[];
  readonly api: Api;
  close(): Promise<void>;
}

/** A memory behind a real socket. */
export async function serveMemory(
  store: string | Store = "memory:",
  options: Partial<ServeOptions> = {},
): Promise<Served> {
  const clock = new TestClock();
  const log: LogLine[] = [];
  const logger = recordingLogger(log);
  const memory = await openMemory({ store, clock, logger });
  const server = await serve({
    operations: memory.operations,
    clock,
    logger,
    port: 0,
    grace: 2000,
    ...options,
  });
  return { url: server.url, memory, clock, log, api: new Api(server.url), close: () => server.close() };
}

/** An answer, read whole. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever the server answered.
  readonly body: any;
}

/** Sends JSON as a client would. */
export class Api {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  get = (path: string, headers?: Record<string, string>) => this.send("GET", path, undefined, headers);
  put = (path: string, body: unknown, headers?: Record<string, string>) =>
    this.send("PUT", path, body, headers);
  post = (path: string, body?: unknown, headers?: Record<string, string>) =>
    this.send("POST", path, body, headers);
  patch = (path: string, body: unknown, headers?: Record<string, string>) =>
    this.send("PATCH", path, body, headers);
  delete = (path: string, headers?: Record<string, string>) => this.send("DELETE", path, undefined, headers);

  async send(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const response = await fetch(this.#url + path, {
      method,
      redirect: "manual",
      headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = response.headers.get("content-type")?.includes("application/json");
    return {
      status: response.status,
      headers: response.headers,
      body: json && text ? JSON.parse(text) : text,
    };
  }
}
