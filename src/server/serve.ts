import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { pino } from "pino";
import { ValidationError } from "../core/errors.ts";
import { BackgroundWork } from "../embedded/background.ts";
import { type AppOptions, createApp } from "./app.ts";

/** What is served, and where it listens. The logger defaults to JSON lines on standard output. */
export interface ServeOptions extends Omit<AppOptions, "closing" | "background"> {
  /** Address to listen on. Default `127.0.0.1`: only this machine. */
  readonly host?: string;
  /** Default 8000; 0 for any free port. */
  readonly port?: number;
  /** Listen beyond this machine although no token is asked for. Default false. */
  readonly allowUnauthenticated?: boolean;
  /** Milliseconds that requests have to finish when the server stops. Default 10,000. */
  readonly grace?: number;
}

/** A server that listens. */
export interface RunningServer {
  /** For example `http://127.0.0.1:8000`. */
  readonly url: string;
  readonly port: number;
  /** Stops accepting, lets requests finish within the grace period, then closes the memory. */
  close(): Promise<void>;
}

/**
 * Serves a memory over HTTP until it is closed. Without a logger of its own it logs JSON lines to standard output,
 * neither bodies nor credentials among them.
 *
 * @throws ValidationError when the port is taken, or when it would be open to the network without a token.
 */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  const { host = "127.0.0.1", port = 8000, grace = 10_000 } = options;
  const local = isLoopback(host);
  if (!local && !options.auth && !options.allowUnauthenticated)
    throw ValidationError.of(
      "host",
      `${host} is open to the network: give a token, or allow calls without one explicitly`,
      host,
    );
  const closing = new AbortController();
  const hosts = options.hosts ?? (local ? [...LOOPBACK_NAMES, bracketed(host)] : undefined);
  const logger = options.logger ?? pino();
  const background = new BackgroundWork(logger);
  const app = createApp({
    ...options,
    logger,
    background,
    closing: closing.signal,
    ...(hosts && { hosts }),
  });
  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false }) as Server;
  const address = await listen(server, host, port);
  let closed: Promise<void> | null = null;
  return {
    url: `http://${bracketed(host)}:${address.port}`,
    port: address.port,
    close() {
      closed ??= stop(server, closing, grace)
        .then(() => background.settled())
        .then(() => options.operations.close());
      return closed;
    },
  };
}

const LOOPBACK_NAMES = ["localhost", "127.0.0.1", "[::1]"];

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** An IPv6 address as it stands in a URL. */
function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      reject(
        error.code === "EADDRINUSE"
          ? ValidationError.of("port", `${port} on ${host} is in use by another program`, port)
          : ValidationError.of("host", `cannot listen on ${host}:${port}: ${error.message}`, host),
      );
    });
    server.listen(port, host, () => resolve(server.address() as AddressInfo));
  });
}

/** Streams end at the signal; every other request gets its time. */
async function stop(server: Server, closing: AbortController, grace: number): Promise<void> {
  closing.abort();
  const finished = new Promise<void>((resolve) => server.close(() => resolve()));
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  const deadline = setTimeout(() => server.closeAllConnections(), grace);
  await finished;
  clearInterval(sweep);
  clearTimeout(deadline);
}
