import pg from "pg";
import { afterAll } from "vitest";
import { freshPrefix } from "../servers/with-server.ts";

/** Gives a script that empties every table of a schema, but for the list of migrations. */
export const EMPTYING = `SELECT string_agg(format('DELETE FROM %I.%I;', schemaname, tablename), '') AS script
  FROM pg_tables WHERE schemaname = $1 AND tablename <> 'migrations'`;

export interface OwnSchema {
  readonly url: string;
  readonly schema: string;
  /** Empties it, which is much faster than making it anew. */
  empty(): Promise<void>;
  /** Runs SQL as the superuser the server was given with. */
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
}

/**
 * A schema of our own on a server, dropped when the test file has run, or what `after` waits for.
 * @param ordinary true: its owner is a role of its own, which row-level security binds as it binds no superuser.
 */
export async function ownSchema(
  server: string,
  {
    ordinary = false,
    after = afterAll,
  }: { ordinary?: boolean; after?: (end: () => Promise<void>) => void } = {},
): Promise<OwnSchema> {
  const name = freshPrefix().replace("-", "_");
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  const url = new URL(server);
  url.searchParams.set("schema", name);
  if (ordinary) {
    await client.query(`CREATE ROLE ${name} LOGIN PASSWORD '${name}'`);
    await client.query(`GRANT CREATE ON DATABASE "${client.database ?? ""}" TO ${name}`);
    url.username = name;
    url.password = name;
  }
  after(async () => {
    await client.query(`DROP SCHEMA IF EXISTS ${name} CASCADE`);
    if (ordinary) await client.query(`DROP OWNED BY ${name}; DROP ROLE ${name}`);
    await client.end();
  });
  const query = async <Row extends pg.QueryResultRow>(text: string, values: unknown[] = []) =>
    (await client.query<Row>(text, values)).rows;
  return {
    url: url.href,
    schema: name,
    query,
    async empty() {
      const [found] = await query<{ script: string | null }>(EMPTYING, [name]);
      await client.query(found?.script ?? "");
    },
  };
}
