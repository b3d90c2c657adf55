import { openPgBossJobStore } from "../../src/jobs/postgres/index.ts";
import { describeJobQueue } from "../../src/testing/index.ts";
import { query } from "../servers/postgres.ts";
import { freshPrefix, withServer } from "../servers/with-server.ts";

await withServer("postgres", ({ url }) => {
  const schema = freshPrefix().replace("-", "_");

  describeJobQueue({
    name: "pg-boss",
    open: () => openPgBossJobStore({ url, schema, lease: 10_000 }),
    reset: async () => {
      await query(url, `drop schema if exists ${schema} cascade`);
    },
    capabilities: { clock: false },
    runs: 10,
  });
});
