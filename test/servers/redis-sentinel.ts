import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createClient } from "redis";
import { freePort, ServerProcess, serverFolder } from "./process.ts";
import { type RedisServer, startRedis } from "./redis.ts";

export interface WatchedRedis {
  readonly url: string;
  readonly primary: RedisServer;
  readonly replica: RedisServer;
  remove(): Promise<void>;
}

/** Starts a primary, a replica that follows it, and a Sentinel that puts the one in the other's place within seconds. */
export async function startWatchedRedis(program: string): Promise<WatchedRedis> {
  const quick = ["--repl-diskless-sync-delay", "0", "--shutdown-timeout", "0"];
  const primary = await startRedis({ program, parameters: quick });
  const following = ["--replicaof", `127.0.0.1 ${primary.port}`];
  const replica = await startRedis({ program, parameters: [...quick, ...following] });
  const port = await freePort();
  const folder = serverFolder();
  const configuration = join(folder.path, "sentinel.conf");
  writeFileSync(
    configuration,
    [
      `port ${port}`,
      "bind 127.0.0.1",
      `dir ${folder.path}`,
      `sentinel monitor main 127.0.0.1 ${primary.port} 1`,
      "sentinel down-after-milliseconds main 500",
      "sentinel failover-timeout main 2000",
      "",
    ].join("\n"),
  );
  // The Sentinel writes into it what it learns, perhaps as another user.
  chmodSync(configuration, 0o666);
  const sentinel = new ServerProcess({
    program,
    folder: folder.path,
    parameters: [configuration, "--sentinel"],
    ready: () => knowsReplica(port),
    stopSignal: "SIGTERM",
  });
  await sentinel.start();
  return {
    url: `redis+sentinel://127.0.0.1:${port}/main`,
    primary,
    replica,
    async remove() {
      await sentinel.stop();
      folder.remove();
      await replica.remove();
      await primary.remove();
    },
  };
}

/** Rejects unless the Sentinel is there and would know whom to put in the primary's place. */
async function knowsReplica(port: number): Promise<void> {
  const client = createClient({
    url: `redis://127.0.0.1:${port}`,
    RESP: 2,
    socket: { reconnectStrategy: false },
  });
  client.on("error", () => undefined);
  await client.connect();
  try {
    const replicas = await client.sendCommand<unknown[]>(["SENTINEL", "REPLICAS", "main"]);
    const state = String(replicas[0]);
    if (!state.includes("master-link-status,ok"))
      throw new Error(`The Sentinel sees ${state || "no replica"}`);
  } finally {
    client.destroy();
  }
}
