import { once } from "node:events";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { connect as connectSafely } from "node:tls";
import type { Certificate } from "./certificates.ts";
import { onFreePort, ServerProcess, serverFolder } from "./process.ts";

export interface RedisOptions {
  /** Path of `redis-server`. */
  readonly program: string;
  /** Every write is on the disk before its answer. Default false: once a second. */
  readonly durable?: boolean;
  /** More of its command line, such as `["--replicaof", "127.0.0.1 6379"]`. */
  readonly parameters?: readonly string[];
  /** Lines of a Sentinel's configuration: it watches other servers instead of keeping data. */
  readonly sentinel?: readonly string[];
  /** Speaks TLS alone, and wants a certificate of whoever comes when `clients` is true. */
  readonly tls?: Certificate & { readonly ca: string; readonly clients: boolean };
}

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  readonly process: ServerProcess;
  /** Stops it and removes its data. */
  remove(): Promise<void>;
}

/** Starts a Redis of our own on this machine, with its data in an append-only file. */
export function startRedis(options: RedisOptions): Promise<RedisServer> {
  return onFreePort((port) => startOn(port, options));
}

async function startOn(port: number, options: RedisOptions): Promise<RedisServer> {
  const { program, durable = false, parameters = [], sentinel, tls } = options;
  const listening = tls
    ? [
        ...["--port 0", `--tls-port ${port}`, "--tls-replication yes"],
        ...[`--tls-ca-cert-file ${tls.ca}`, `--tls-cert-file ${tls.cert}`, `--tls-key-file ${tls.key}`],
        `--tls-auth-clients ${tls.clients ? "yes" : "no"}`,
      ]
    : [`--port ${port}`];
  const folder = serverFolder();
  const server = new ServerProcess({
    program,
    folder: folder.path,
    parameters: sentinel
      ? [sentinelFile(folder.path, [...listening.map((line) => line.slice(2)), ...sentinel]), "--sentinel"]
      : [
          ...listening.flatMap((line) => line.split(" ")),
          ...["--bind", "127.0.0.1", "--dir", folder.path, "--save", ""],
          ...["--appendonly", "yes", "--appendfsync", durable ? "always" : "everysec"],
          ...parameters,
        ],
    ready: () => ping(port, tls),
    stopSignal: "SIGTERM",
  });
  await server.start();
  return {
    url: `redis${tls ? "s" : ""}://127.0.0.1:${port}`,
    port,
    process: server,
    async remove() {
      await server.stop();
      folder.remove();
    },
  };
}

/** A Sentinel keeps what it knows in its configuration. */
function sentinelFile(folder: string, lines: readonly string[]): string {
  const file = join(folder, "sentinel.conf");
  writeFileSync(file, ["bind 127.0.0.1", `dir ${folder}`, ...lines, ""].join("\n"));
  chmodSync(file, 0o666);
  return file;
}

/** Rejects unless a Redis is there that has read its data. */
async function ping(port: number, tls: RedisOptions["tls"]): Promise<void> {
  const pem = (path: string) => readFileSync(path, "utf8");
  const socket = tls
    ? connectSafely({
        ...{ port, host: "127.0.0.1", ca: pem(tls.ca), cert: pem(tls.cert), key: pem(tls.key) },
        // Whatever name it is certified for.
        checkServerIdentity: () => undefined,
      })
    : connect(port, "127.0.0.1");
  try {
    await once(socket, tls ? "secureConnect" : "connect");
    socket.write("PING\r\n");
    const [answer] = await once(socket, "data");
    // One that wants a password is there too.
    if (!/^(\+PONG|-NOAUTH)/.test(String(answer))) throw new Error(String(answer));
  } finally {
    socket.destroy();
  }
}
