import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { openMemory } from "../../src/index.ts";
import type { OpenOptions } from "../../src/open-options.ts";
import { createMemoryStore } from "../../src/stores/memory/index.ts";
import { openPostgresStore } from "../../src/stores/postgres/index.ts";
import { openRedisStore } from "../../src/stores/redis/index.ts";
import { temporaryFolder } from "../cli/memoir.ts";
import { ownSchema } from "../conformance/emptied.ts";
import { query } from "../servers/postgres.ts";
import { freshDatabase, freshPrefix, withServer } from "../servers/with-server.ts";

const SLOW = { timeout: 60_000 };

/** Enqueues a job in a memory and closes it; gives what a memory that is opened anew has waiting, and its engine. */
async function reopened(first: OpenOptions, second: OpenOptions = first) {
  const memory = await openMemory({ ...first, workers: 0 });
  const id = await memory.jobs.enqueue({ kind: "deed", payload: { n: 1 } });
  await memory.close();
  const later = await openMemory({ ...second, workers: 0 });
  const { jobs } = await later.jobs.list({ state: "waiting" });
  const { name } = later.jobs;
  await later.close();
  return { name, kept: jobs.map((job) => job.id === id && job.payload) };
}

const KEPT = [{ n: 1 }];

await withServer("redis", ({ url }) => {
  const fresh = () => `${url}?prefix=${freshPrefix()}`;

  describe("a store in Redis", () => {
    test("keeps jobs there with BullMQ", async () => {
      expect(await reopened({ store: fresh() })).toEqual({ name: "bullmq", kept: KEPT });
    });

    test("keeps them apart from those of another prefix", async () => {
      expect((await reopened({ store: fresh() }, { store: fresh() })).kept).toEqual([]);
    });

    test("keeps them in the same place when it is handed over open, or named for jobs", async () => {
      const prefix = freshPrefix();
      const store = await openRedisStore({ url, prefix });
      expect((await reopened({ store }, { store: `${url}?prefix=${prefix}` })).kept).toEqual(KEPT);
      const jobs = fresh();
      expect((await reopened({ store: "memory:", jobs }, { store: jobs })).kept).toEqual(KEPT);
    });
  });
});

await withServer("postgres", async (server) => {
  const fresh = async () => `${await freshDatabase(server.url)}?schema=Team%20memory&pool=2&timeout=9000`;

  describe("a store in PostgreSQL", () => {
    test("keeps jobs there with pg-boss, whatever its schema is called", SLOW, async () => {
      expect(await reopened({ store: await fresh() })).toEqual({ name: "pg-boss", kept: KEPT });
    });

    test("keeps them in the same place when it is handed over open", SLOW, async () => {
      const url = await fresh();
      expect((await reopened({ store: await openPostgresStore({ url }) }, { store: url })).kept).toEqual(
        KEPT,
      );
    });

    test("keeps those of a pair when it keeps the records", SLOW, async () => {
      const options = async () => ({ working: createMemoryStore(), longTerm: url });
      const url = await fresh();
      expect(await reopened(await options(), await options())).toEqual({ name: "pg-boss", kept: KEPT });
    });

    test("says which schema a role needs that may make none", SLOW, async () => {
      const own = await ownSchema(server.url, { ordinary: true });
      const { username: role } = new URL(own.url);
      await (await openPostgresStore({ url: own.url })).close();
      const database = new URL(server.url).pathname.slice(1);
      await query(server.url, `revoke create on database "${database}" from ${role}`);
      const failure = await openMemory(own.url).catch((error: unknown) => error);
      const remedy = `CREATE SCHEMA "${own.schema}_jobs" AUTHORIZATION`;
      expect(failure).toMatchObject({ code: "store_failed", message: expect.stringContaining(remedy) });
      await query(server.url, `${remedy} ${role}`);
      expect(await reopened({ store: own.url })).toEqual({ name: "pg-boss", kept: KEPT });
    });

    test("refuses a schema whose name pg-boss does not take", async () => {
      const jobs = `${server.url}?schema=50%25`;
      await expect(openMemory({ store: "memory:", jobs })).rejects.toThrow(/^jobs: .*another place/);
    });
  });
});

test("PGlite keeps jobs in its folder", SLOW, async () => {
  const store = `pglite:${join(temporaryFolder(), "data")}`;
  expect(await reopened({ store })).toEqual({ name: "sqlite", kept: KEPT });
});

describe("a store that keeps none and names no engine", () => {
  function jobless() {
    const { jobs: _, ...store } = createMemoryStore();
    return store;
  }

  /** What opening a memory warns of. */
  async function warningsOf(options: OpenOptions): Promise<string[]> {
    const warnings: string[] = [];
    const ignore = () => {};
    const logger = {
      debug: ignore,
      info: ignore,
      error: ignore,
      warn: (_: object, text: string) => void warnings.push(text),
    };
    await (await openMemory({ ...options, logger })).close();
    return warnings;
  }

  test("leaves them to the process, which is said", async () => {
    expect(await warningsOf({ store: jobless() })).toEqual([
      expect.stringMatching(/^Background jobs are kept in this process/),
    ]);
  });

  test("does so without a word when it is asked for", async () => {
    expect(await warningsOf({ store: jobless(), jobs: "memory:" })).toEqual([]);
  });
});

test.each(["redis+cluster://127.0.0.1:1", "rediss+sentinel://127.0.0.1:1/name"])(
  "%s is no place for jobs",
  async (jobs) => {
    await expect(openMemory({ store: "memory:", jobs })).rejects.toThrow(/^jobs: .*redis:\/\/HOST.*memory:/);
  },
);

describe("without the optional package", () => {
  const script = fileURLToPath(new URL("./without-packages.ts", import.meta.url));
  const cases = [
    ["redis://127.0.0.1:1", "bullmq", "npm install bullmq redis"],
    ["postgres://127.0.0.1:1/app", "pg-boss", "npm install pg-boss"],
  ] as const;

  test.each(cases)("%s says what to install and what else there is", (url, missing, remedy) => {
    const { stdout } = spawnSync(process.execPath, [script, url, missing], { encoding: "utf8" });
    expect(JSON.parse(stdout)).toMatchObject({ code: "invalid_input" });
    expect(JSON.parse(stdout).message).toMatch(new RegExp(`^jobs: .*${remedy}.*memory:`));
  });
});
