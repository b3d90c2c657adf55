import { once } from "node:events";
import { chmodSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { onFreePort, ServerProcess, serverFolder } from "./process.ts";

export interface RedisOptions {
  /** Path of `redis-server`. */
  readonly program: string;
  /** Every write is on the disk before its answer. Default false: once a second. */
  readonly durable?: boolean;
  /** More of its command line, such as `["--replicaof", "127.0.0.1 6379"]`. */
  readonly parameters?: readonly string[];
  /** Watches other servers instead of keeping data. Default false. */
  readonly sentinel?: boolean;
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
  const { program, durable = false, parameters = [], sentinel = false } = options;
  const folder = serverFolder();
  const server = new ServerProcess({
    program,
    folder: folder.path,
    parameters: sentinel
      ? [sentinelFile(folder.path, port), "--sentinel"]
      : [
          ...["--port", String(port), "--bind", "127.0.0.1", "--dir", folder.path, "--save", ""],
          ...["--appendonly", "yes", "--appendfsync", durable ? "always" : "everysec"],
          ...parameters,
        ],
    ready: () => ping(port),
    stopSignal: "SIGTERM",
  });
  await server.start();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    process: server,
    async remove() {
      await server.stop();
      folder.remove();
    },
  };
}

/** A Sentinel keeps what it knows in its configuration. */
function sentinelFile(folder: string, port: number): string {
  const file = join(folder, "sentinel.conf");
  writeFileSync(file, `port ${port}\nbind 127.0.0.1\ndir ${folder}\n`);
  chmodSync(file, 0o666);
  return file;
}

/** Rejects unless a Redis is there that has read its data. */
async function ping(port: number): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    socket.write("PING\r\n");
    const [answer] = await once(socket, "data");
    if (!String(answer).startsWith("+PONG")) throw new Error(String(answer));
  } finally {
    socket.destroy();
  }
}
