import { afterAll } from "vitest";
import { EVERYTHING } from "../../src/core/filter/filter.ts";
import { UNRESTRICTED } from "../../src/core/scope.ts";
import type { Store } from "../../src/core/store.ts";
import type { CandidateScope } from "../../src/core/store-index.ts";
import { FIRST_INSTANT } from "../../src/core/time.ts";
import { openMemory } from "../../src/index.ts";
import { openPostgresStore } from "../../src/stores/postgres/index.ts";
import { describeMemory, describeStore } from "../../src/testing/index.ts";
import { query, startPostgres, startReplica } from "../servers/postgres.ts";
import { withPrograms, withServer } from "../servers/with-server.ts";
import { ownSchema } from "./emptied.ts";

/** The same store, which is asked for candidates however small the scope is. */
function alwaysAsked(store: Store): Store {
  return {
    ...store,
    async openIndex(space) {
      const index = await store.openIndex?.(space);
      if (index?.finds !== "candidates") throw new Error("finds no candidates");
      return { finds: "candidates", candidates: { ...index.candidates, wholeUpTo: 0 } };
    },
  };
}

function everythingOf(tenant: string): CandidateScope {
  return { scope: { ...UNRESTRICTED, tenant }, filter: EVERYTHING, now: FIRST_INSTANT };
}

/** Only an administrator may make it. */
const EXTENSION = "SELECT pg_advisory_xact_lock(2); CREATE EXTENSION IF NOT EXISTS vector";

await withServer("postgres", async (server) => {
  const { url, empty } = await ownSchema(server.url, { ordinary: true });

  describeStore({ name: "postgres", open: () => openPostgresStore({ url }), reset: empty, runs: 20 });

  describeMemory({
    name: "postgres",
    open: ({ clock, ids }) => openMemory(url, { clock, ids, jobs: "memory:" }),
    reset: empty,
    runs: 8,
  });
});

await withServer("postgres", async (server) => {
  await query(server.url, EXTENSION);
  const { url, empty } = await ownSchema(server.url, { ordinary: true });
  const name = "postgres that finds by itself";

  describeStore({
    name,
    // With all that is written followed by what searches it.
    async open() {
      const store = await openPostgresStore({ url });
      const index = await store.openIndex?.({ embedder: "test-3", dimensions: 3 });
      if (index?.finds === "candidates")
        for (const tenant of await store.tenants())
          await index.candidates.sample(everythingOf(tenant), { whole: 1, some: 1 });
      return store;
    },
    reset: empty,
    runs: 5,
  });

  describeMemory({
    name,
    open: async ({ clock, ids }) =>
      openMemory({ store: alwaysAsked(await openPostgresStore({ url })), index: "store", clock, ids }),
    reset: empty,
    runs: 8,
  });
});

await withServer("pgbouncer", async (server) => {
  const { url, empty } = await ownSchema(server.url);
  const name = "postgres behind pgbouncer";

  describeStore({ name, open: () => openPostgresStore({ url }), reset: empty, runs: 5 });

  describeMemory({
    name,
    open: ({ clock, ids }) => openMemory(url, { clock, ids, jobs: "memory:" }),
    reset: empty,
    runs: 3,
  });

  await query(server.url, EXTENSION);
  describeMemory({
    name: "postgres that finds by itself behind pgbouncer",
    open: async ({ clock, ids }) =>
      openMemory({ store: alwaysAsked(await openPostgresStore({ url })), index: "store", clock, ids }),
    reset: empty,
    runs: 3,
  });
});

await withPrograms(async (programs) => {
  const settings = { synchronous_commit: "on" };
  const primary = await startPostgres({ programs, settings });
  const replica = await startReplica({ programs, settings, of: primary.url });
  afterAll(async () => {
    await replica.remove();
    await primary.remove();
  });
  const own = await ownSchema(primary.url, { ordinary: true });
  const follower = new URL(own.url);
  follower.port = String(replica.port);
  follower.searchParams.delete("schema");
  const url = `${own.url}&replica=${encodeURIComponent(follower.href)}`;
  const name = "postgres with a replica";

  describeStore({ name, open: () => openPostgresStore({ url }), reset: own.empty, runs: 5 });

  describeMemory({
    name,
    open: ({ clock, ids }) => openMemory(url, { clock, ids, jobs: "memory:" }),
    reset: own.empty,
    runs: 3,
  });
});
