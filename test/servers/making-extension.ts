import pg from "pg";
import { onTestFinished } from "vitest";
import { until } from "./until.ts";

/** Somebody who makes pgvector's extension in an empty database, and has not committed yet. */
export async function makingExtension(url: string): Promise<{ commitOnceWaitedFor(): Promise<void> }> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  onTestFinished(() => client.end());
  await client.query("BEGIN; CREATE EXTENSION vector");
  const waiting =
    "SELECT FROM pg_locks WHERE NOT granted AND transactionid = pg_current_xact_id()::xid AND locktype = 'transactionid'";
  return {
    async commitOnceWaitedFor() {
      await until("somebody waits", async () => (await client.query(waiting)).rowCount === 1);
      await client.query("COMMIT");
    },
  };
}
