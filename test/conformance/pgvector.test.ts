import { describeVectorIndex } from "../../src/testing/index.ts";
import { openVectorIndex } from "../../src/vectors/registry.ts";
import { query } from "../servers/postgres.ts";
import { freshDatabase, withServer } from "../servers/with-server.ts";
import { describeMemoryOver } from "./over-vectors.ts";

await withServer("postgres", async (server) => {
  const database = await freshDatabase(server.url);
  const { username, password, host, pathname } = new URL(database);
  const address = `pgvector://${username}:${password}@${host}/tests?database=${pathname.slice(1)}`;
  const reset = async () => {
    const tables =
      "SELECT string_agg(format('DROP TABLE %I;', tablename), '') FROM pg_tables WHERE schemaname = 'public'";
    await query(database, String((await query(database, tables)) ?? ""));
  };

  describeVectorIndex({
    name: "pgvector",
    open: (space) => openVectorIndex(address, { space }),
    openUnreachable: (space) => openVectorIndex("pgvector://127.0.0.1:9/tests", { space }),
    reset,
  });

  describeMemoryOver({ name: "pgvector", open: (space) => openVectorIndex(address, { space }), reset });
});
