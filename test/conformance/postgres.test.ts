import { openMemory } from "../../src/index.ts";
import { openPostgresStore } from "../../src/stores/postgres/index.ts";
import { describeMemory, describeStore } from "../../src/testing/index.ts";
import { withServer } from "../servers/with-server.ts";
import { ownSchema } from "./emptied.ts";

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
});
