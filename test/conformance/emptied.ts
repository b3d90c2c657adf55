import pg from "pg";
import { afterAll } from "vitest";
import { freshPrefix } from "../servers/with-server.ts";

/** Gives a script that empties every table of a schema, but for the list of migrations. */
export const EMPTYING = `SELECT string_agg(format('DELETE FROM %I.%I;', schemaname, tablename), '') AS script
  FROM pg_tables WHERE schemaname = $1 AND tablename <> 'migrations'`;

/**
 * A schema of our own on a server: its URL, and how to empty it, which is much faster than making it anew. It is dropped when the
 * test file has run.
 */
export function ownSchema(server: string): { readonly url: string; readonly empty: () => Promise<void> } {
  const schema = freshPrefix();
  const url = new URL(server);
  url.searchParams.set("schema", schema);
  const client = new pg.Client({ connectionString: server });
  let connected: Promise<unknown> | undefined;
  afterAll(async () => {
    await connected;
    await client.query(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`);
    await client.end();
  });
  return {
    url: url.href,
    async empty() {
      connected ??= client.connect();
      await connected;
      const { rows } = await client.query<{ script: string | null }>(EMPTYING, [schema]);
      await client.query(rows[0]?.script ?? "");
    },
  };
}
