import { createClient } from "redis";
import type { Programs } from "./programs.ts";
import { type RedisServer, startRedis } from "./redis.ts";
import { until } from "./until.ts";

export interface SentinelGroup {
  readonly url: string;
  readonly primary: RedisServer;
  readonly replicas: readonly RedisServer[];
  remove(): Promise<void>;
}

const NAME = "primary";

/** Milliseconds after which a silent server counts as dead. */
const DEAD_AFTER = 2000;

/** One command on a connection of its own. */
export async function ask(port: number, ...command: string[]): Promise<unknown> {
  const client = createClient({ socket: { host: "127.0.0.1", port, reconnectStrategy: false } });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return await client.sendCommand(command);
  } finally {
    client.destroy();
  }
}

/** Resolves when a server says a line such as `master_link_status:up` about itself. */
function says(port: number, section: string, line: string): Promise<void> {
  return until(`${port} says ${line}`, async () =>
    String(await ask(port, "INFO", section))
      .split("\r\n")
      .includes(line),
  );
}

/** A replica that has everything the server on `port` has. */
export async function startReplica(program: string, port: number): Promise<RedisServer> {
  const parameters = ["--replicaof", `127.0.0.1 ${port}`, "--repl-diskless-sync-delay", "0"];
  const replica = await startRedis({ program, durable: true, parameters });
  await says(replica.port, "replication", "master_link_status:up");
  return replica;
}

/** A primary with two replicas, and three Sentinels that put a replica in its place when it is dead. */
export async function startSentinel({ redis7: program }: Programs): Promise<SentinelGroup> {
  const primary = await startRedis({
    program,
    durable: true,
    parameters: ["--repl-diskless-sync-delay", "0"],
  });
  const replicas = [await startReplica(program, primary.port), await startReplica(program, primary.port)];
  const sentinels: RedisServer[] = [];
  for (let number = 0; number < 3; number++) {
    const sentinel = await startRedis({
      program,
      sentinel: [
        `sentinel monitor ${NAME} 127.0.0.1 ${primary.port} 2`,
        `sentinel down-after-milliseconds ${NAME} ${DEAD_AFTER}`,
        `sentinel failover-timeout ${NAME} ${5 * DEAD_AFTER}`,
      ],
    });
    sentinels.push(sentinel);
  }
  // They find one another and the replicas through the primary.
  for (const { port } of sentinels)
    await until("the Sentinels know one another and the replicas", async () => {
      const state = String(await ask(port, "INFO", "sentinel"));
      return state.includes("slaves=2,sentinels=3");
    });
  const all = [...sentinels, primary, ...replicas];
  return {
    url: `redis+sentinel://${sentinels.map(({ port }) => `127.0.0.1:${port}`).join(",")}/${NAME}`,
    primary,
    replicas,
    async remove() {
      for (const node of all) await node.remove();
    },
  };
}
