import { expect, onTestFinished, test } from "vitest";
import { openMemory } from "../../src/index.ts";
import { query, startPgbouncer, startPostgres } from "../servers/postgres.ts";
import { withPrograms } from "../servers/with-server.ts";
import { HARMLESS, type LoadOptions, underLoad } from "./load.ts";
import { checkStore } from "./operations.ts";
import { fourProcessesWrite } from "./processes.ts";
import { describeServerFaults } from "./server-store.ts";

const MINUTES = 60_000;

/** Ends every connection but our own. */
const TERMINATE_ALL = `select count(pg_terminate_backend(pid)) from pg_stat_activity
  where backend_type = 'client backend' and pid <> pg_backend_pid()`;

await withPrograms((programs) => {
  const start = async (settings: Record<string, string> = {}) => {
    const server = await startPostgres({ programs, durable: true, settings });
    onTestFinished(server.remove);
    return server;
  };

  const writing = async (options: LoadOptions) => {
    const outcome = await underLoad(options);
    expect(outcome).toMatchObject(HARMLESS);
    expect(await checkStore(options.store)).toEqual([]);
    return outcome;
  };

  const scenario = (title: string, run: (title: string) => Promise<void>) =>
    test(`PostgreSQL: ${title}`, { timeout: 10 * MINUTES }, () => run(`PostgreSQL: ${title}`));

  describeServerFaults({
    name: "PostgreSQL",
    start: (durable) => startPostgres({ programs, durable }),
    url: (port, { timeout } = { timeout: 20_000 }) =>
      `postgres://memoir@127.0.0.1:${port}/postgres?timeout=${timeout}`,
  });

  scenario("an administrator ends all connections amid writes", async (title) => {
    const { url } = await start();
    const { retried } = await writing({
      title,
      store: url,
      fault: async ({ writes }) => {
        for (let round = 0; round < 10; round++) {
          await query(url, TERMINATE_ALL);
          await writes(20);
        }
      },
    });
    expect(retried).toEqual({});
  });

  scenario("a table is locked for longer than callers wait, and the pool is exhausted", async (title) => {
    const { url } = await start();
    const { retried } = await writing({
      title,
      store: url,
      open: () => openMemory(`${url}?timeout=1000&pool=2`, { jobs: "memory:" }),
      fault: async ({ failures }) => {
        const locked = query(
          url,
          "begin; lock table memoir.tenants in access exclusive mode; select pg_sleep(600)",
        );
        const ended = expect(locked).rejects.toThrow("terminating connection");
        await failures(8);
        await query(url, TERMINATE_ALL);
        await ended;
      },
    });
    expect(Object.keys(retried)).toContain("store_busy");
  });

  scenario("forty callers share one connection", async (title) => {
    const { url } = await start();
    const { retried } = await writing({
      title,
      store: url,
      open: () => openMemory(`${url}?pool=1`, { jobs: "memory:" }),
      lanes: 40,
      fault: ({ writes }) => writes(200),
    });
    expect(retried).toEqual({});
  });

  scenario("the server has no connection left for some callers", async (title) => {
    const { url } = await start({ max_connections: "8", superuser_reserved_connections: "2" });
    await query(url, "create role app login superuser");
    await writing({
      title,
      store: url,
      lanes: 20,
      fault: ({ writes }) => writes(200),
    });
  });

  scenario("PgBouncer in transaction mode is killed and restarted amid writes", async (title) => {
    const { url } = await start();
    const pooler = await startPgbouncer(programs, url, 4);
    onTestFinished(pooler.remove);
    const { retried } = await writing({
      title,
      store: url,
      open: () => openMemory(pooler.url, { jobs: "memory:" }),
      fault: async ({ writes }) => {
        for (let round = 0; round < 5; round++) {
          await pooler.process.kill();
          await pooler.process.start();
          await writes(50);
        }
      },
    });
    expect(retried).toEqual({});
  });

  scenario("four processes with two handles each lose nothing through PgBouncer", async (title) => {
    const server = await startPostgres({ programs });
    onTestFinished(server.remove);
    const pooler = await startPgbouncer(programs, server.url, 4);
    onTestFinished(pooler.remove);
    await fourProcessesWrite(title, pooler.url, 2000);
  });
});
