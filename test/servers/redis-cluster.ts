import { createClient } from "redis";
import { type RedisServer, startRedis } from "./redis.ts";
import { until } from "./until.ts";

const SLOTS = 16_384;

export interface RedisCluster {
  /** Lists the primaries. */
  readonly url: string;
  readonly primaries: readonly RedisServer[];
  readonly replicas: readonly RedisServer[];
  remove(): Promise<void>;
}

/** Starts three primaries and, where asked for, a replica of each. */
export async function startRedisCluster({
  program,
  replicated = false,
}: {
  readonly program: string;
  readonly replicated?: boolean;
}): Promise<RedisCluster> {
  const parameters = [
    "--cluster-enabled",
    "yes",
    "--cluster-node-timeout",
    "1000",
    "--shutdown-timeout",
    "0",
  ];
  const start = () => startRedis({ program, parameters: [...parameters, "--repl-diskless-sync-delay", "0"] });
  const primaries = await Promise.all([start(), start(), start()]);
  const replicas = replicated ? await Promise.all([start(), start(), start()]) : [];
  const clients = await Promise.all(
    [...primaries, ...replicas].map(({ url }) => createClient({ url }).connect()),
  );
  const [first, ...others] = clients;
  if (!first) throw new Error("A cluster has at least one server");
  await Promise.all(
    primaries.map((_, index) => {
      const edge = (part: number) => Math.floor((SLOTS * part) / primaries.length);
      return clients[index]?.sendCommand([
        "CLUSTER",
        "ADDSLOTSRANGE",
        String(edge(index)),
        String(edge(index + 1) - 1),
      ]);
    }),
  );
  await Promise.all(
    others.map((client) => client.sendCommand(["CLUSTER", "MEET", "127.0.0.1", portOf(primaries[0])])),
  );
  const known = async (client: (typeof clients)[number]) => {
    const info = String(await client.sendCommand(["CLUSTER", "INFO"]));
    return info.includes(`cluster_known_nodes:${clients.length}`) && info.includes("cluster_state:ok");
  };
  await until("the nodes know one another", () => all(clients.map(known)));
  const ids = await Promise.all(clients.map((client) => client.sendCommand<string>(["CLUSTER", "MYID"])));
  await Promise.all(
    replicas.map((_, index) =>
      clients[primaries.length + index]?.sendCommand(["CLUSTER", "REPLICATE", ids[index] ?? ""]),
    ),
  );
  const followed = async (client: (typeof clients)[number]) =>
    String(await client.sendCommand(["INFO", "replication"])).includes("connected_slaves:1");
  if (replicated)
    await until("each primary has its replica", () => all(clients.slice(0, primaries.length).map(followed)));
  await Promise.all(clients.map((client) => client.close()));
  return {
    url: `redis+cluster://${primaries.map((server) => `127.0.0.1:${portOf(server)}`).join(",")}`,
    primaries,
    replicas,
    async remove() {
      await Promise.all([...replicas, ...primaries].map((server) => server.remove()));
    },
  };
}

function portOf(server: RedisServer | undefined): string {
  return String(server?.port);
}

async function all(conditions: Promise<boolean>[]): Promise<boolean> {
  return (await Promise.all(conditions)).every(Boolean);
}
