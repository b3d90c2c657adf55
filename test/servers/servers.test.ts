import pg from "pg";
import { createClient } from "redis";
import { expect, onTestFinished, test } from "vitest";
import { query, startPostgres } from "./postgres.ts";
import { startRedis } from "./redis.ts";
import { freshDatabase, freshPrefix, withPrograms, withServer } from "./with-server.ts";

async function connected(url: string) {
  const client = createClient({ url, socket: { reconnectStrategy: false } });
  client.on("error", () => undefined);
  return client.connect();
}

await withServer("redis", ({ url }) => {
  test("Redis 7 keeps its data in an append-only file and has no vector sets", async () => {
    const client = await connected(url);
    expect(await client.info("persistence")).toContain("aof_enabled:1");
    expect(await client.commandInfo(["vadd"])).toEqual([null]);
    client.destroy();
  });
});

await withServer("redis8", ({ url }) => {
  test("Redis with vector sets finds the nearest", async () => {
    const client = await connected(url);
    const key = freshPrefix();
    await client.vAdd(key, [1, 0, 0], "east");
    await client.vAdd(key, [0, 1, 0], "north");
    expect(await client.vSim(key, [0.9, 0.1, 0], { COUNT: 1 })).toEqual(["east"]);
    await client.del(key);
    client.destroy();
  });
});

async function findNearest(database: string): Promise<unknown> {
  await query(
    database,
    `create extension vector;
     create table places (name text, at halfvec(3));
     create index on places using hnsw (at halfvec_cosine_ops);
     insert into places values ('east', '[1,0,0]'), ('north', '[0,1,0]')`,
  );
  return query(database, "select name from places order by at <=> '[0.9,0.1,0]' limit 1");
}

await withServer("postgres", ({ url }) => {
  test("PostgreSQL finds the nearest in an HNSW index of pgvector", async () => {
    expect(await findNearest(await freshDatabase(url))).toBe("east");
  });

  test("databases of tests know nothing of one another", async () => {
    const [one, two] = [await freshDatabase(url), await freshDatabase(url)];
    await query(one, "create table mine ()");
    expect(await query(two, "select to_regclass('mine')")).toBeNull();
  });
});

await withServer("pgbouncer", ({ url }) => {
  test("PgBouncer gives a connection back after each transaction", async () => {
    const database = await freshDatabase(url);
    const clients = Array.from({ length: 20 }, () => new pg.Client({ connectionString: database }));
    await Promise.all(clients.map((client) => client.connect()));
    const answers = await Promise.all(
      clients.map((client) => client.query("select pg_backend_pid() as pid")),
    );
    const backends = new Set(answers.map(({ rows }) => rows[0]?.pid));
    await Promise.all(clients.map((client) => client.end()));
    expect(backends.size).toBeLessThanOrEqual(10);
    await Promise.all(clients.map((client) => client.end()));
  });
});

await withPrograms((programs) => {
  test.each(["redis7", "redis8"] as const)("%s is killed and comes back with its data", async (which) => {
    const redis = await startRedis({ program: programs[which], durable: true });
    onTestFinished(redis.remove);
    const before = await connected(redis.url);
    await before.set("kept", "yes");
    await redis.process.kill();
    before.destroy();
    await expect(connected(redis.url)).rejects.toThrow("ECONNREFUSED");
    await redis.process.start();
    const after = await connected(redis.url);
    expect(await after.get("kept")).toBe("yes");
    after.destroy();
  });

  test("PostgreSQL is killed and comes back with its data", async () => {
    const postgres = await startPostgres({ programs, durable: true });
    onTestFinished(postgres.remove);
    await query(postgres.url, "create table kept as select 'yes' as kept");
    await postgres.process.kill();
    await expect(query(postgres.url, "select 1")).rejects.toThrow("ECONNREFUSED");
    await postgres.process.start();
    expect(await query(postgres.url, "select kept from kept")).toBe("yes");
  });
});
