import { expect, onTestFinished, test } from "vitest";
import { openMemory } from "../../src/index.ts";
import { startRedis } from "../servers/redis.ts";
import { startRedisCluster } from "../servers/redis-cluster.ts";
import { ask, startReplica, startSentinel } from "../servers/redis-failover.ts";
import { until } from "../servers/until.ts";
import { withPrograms } from "../servers/with-server.ts";
import { faultyRouteTo } from "./faulty-route.ts";
import { HARMLESS, underLoad } from "./load.ts";
import { checkStore } from "./operations.ts";
import { describeServerFaults } from "./server-store.ts";

const MINUTES = 60_000;

/** An acknowledged write is on a replica too, so that nothing goes with the primary. */
const ON_A_REPLICA = "minReplicas=1";
const ON_BOTH_REPLICAS = "minReplicas=2";

await withPrograms((programs) => {
  describeServerFaults({
    name: "Redis 7",
    start: (durable) => startRedis({ program: programs.redis7, durable }),
    url: (port, { timeout } = { timeout: 20_000 }) => `redis://127.0.0.1:${port}?timeout=${timeout}`,
  });

  test("Redis forgets its scripts amid writes", { timeout: 10 * MINUTES }, async () => {
    const server = await startRedis({ program: programs.redis7, durable: true });
    onTestFinished(server.remove);
    const outcome = await underLoad({
      title: "scripts forgotten",
      store: server.url,
      fault: async ({ writes }) => {
        for (let round = 0; round < 20; round++) {
          await ask(server.port, "SCRIPT", "FLUSH");
          await writes(10);
        }
      },
    });
    expect(outcome).toMatchObject({ ...HARMLESS, retried: {} });
  });

  test("a replica takes the place of a primary that dies amid writes", {
    timeout: 10 * MINUTES,
  }, async () => {
    const program = programs.redis7;
    const primary = await startRedis({ program, durable: true });
    onTestFinished(primary.remove);
    const replica = await startReplica(program, primary.port);
    onTestFinished(replica.remove);
    const route = await faultyRouteTo(primary.port);
    const outcome = await underLoad({
      title: "a replica takes over",
      store: replica.url,
      open: () => openMemory(`redis://127.0.0.1:${route.port}?${ON_A_REPLICA}`, { jobs: "memory:" }),
      fault: async () => {
        await primary.process.kill();
        await ask(replica.port, "REPLICAOF", "NO", "ONE");
        const next = await startReplica(program, replica.port);
        onTestFinished(next.remove);
        route.turnTo(replica.port);
      },
    });
    expect(outcome).toMatchObject(HARMLESS);
    expect(await checkStore(replica.url)).toEqual([]);
  });

  test.each([
    ["is back when the other replica follows it no more", ON_A_REPLICA, true],
    // Until Sentinel has told the other replica, that one goes on to confirm the writes of the old primary.
    ["is back at once", ON_BOTH_REPLICAS, false],
  ])(
    "Sentinel replaces a primary that dies amid writes and %s",
    { timeout: 10 * MINUTES },
    async (name, option, late) => {
      const { url, primary, replicas, remove } = await startSentinel(programs);
      onTestFinished(remove);
      const store = `${url}?${option}`;
      const outcome = await underLoad({
        title: `Sentinel fails over, and the primary ${name}`,
        store,
        fault: async ({ writes }) => {
          await primary.process.kill();
          const roles = () => Promise.all(replicas.map(({ port }) => ask(port, "ROLE")));
          await until("a replica is the primary", async () =>
            (await roles()).some((role) => String(role).startsWith("master")),
          );
          if (late)
            await until("the other replica follows it", async () =>
              (await roles()).every((role) => !String(role).includes(String(primary.port))),
            );
          await primary.process.start();
          await writes(50);
        },
      });
      expect(outcome).toMatchObject(HARMLESS);
      expect(await checkStore(store)).toEqual([]);
    },
  );

  test("a cluster of six nodes loses each of its primaries amid writes", {
    timeout: 10 * MINUTES,
  }, async () => {
    const { url, primaries, replicas, remove } = await startRedisCluster({
      program: programs.redis7,
      replicated: true,
    });
    onTestFinished(remove);
    const store = `${url}?${ON_A_REPLICA}`;
    const outcome = await underLoad({
      title: "a cluster fails over",
      store,
      fault: async ({ writes }) => {
        for (const [number, primary] of primaries.entries()) {
          const { port = 0 } = replicas[number] ?? {};
          await primary.process.kill();
          await until("the replica is a primary", async () =>
            String(await ask(port, "ROLE")).startsWith("master"),
          );
          await primary.process.start();
          await writes(20);
        }
      },
    });
    expect(outcome).toMatchObject(HARMLESS);
    expect(await checkStore(store)).toEqual([]);
  });
});
