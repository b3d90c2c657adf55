import { openMemory } from "../../src/index.ts";
import { openPostgresStore } from "../../src/stores/postgres/index.ts";
import { describeMemory, describeStore } from "../../src/testing/index.ts";
import { withServer } from "../servers/with-server.ts";
import { ownSchema } from "./emptied.ts";

await withServer("postgres", (server) => {
  const { url, empty } = ownSchema(server.url);

  describeStore({ name: "postgres", open: () => openPostgresStore({ url }), reset: empty, runs: 20 });

  describeMemory({
    name: "postgres",
    open: ({ clock, ids }) => openMemory(url, { clock, ids }),
    reset: empty,
    runs: 8,
  });
});

await withServer("pgbouncer", (server) => {
  const { url, empty } = ownSchema(server.url);
  const name = "postgres behind pgbouncer";

  describeStore({ name, open: () => openPostgresStore({ url }), reset: empty, runs: 5 });

  describeMemory({
    name,
    open: ({ clock, ids }) => openMemory(url, { clock, ids }),
    reset: empty,
    runs: 3,
  });
});
