import pg from "pg";
import { afterAll, expect, test } from "vitest";
import { EVERYTHING } from "../../src/core/filter/filter.ts";
import { UNRESTRICTED } from "../../src/core/scope.ts";
import { START } from "../../src/testing/build.ts";
import { openVectorIndex } from "../../src/vectors/registry.ts";
import { makingExtension } from "../servers/making-extension.ts";
import { freshDatabase, withServer } from "../servers/with-server.ts";

const SPACE = { embedder: "test", dimensions: 8 };

/** More than are searched exactly; seven of eight are of one user, which is too many as well. */
const COUNT = 24_000;

await withServer("postgres", async (server) => {
  const database = await freshDatabase(server.url);
  const { username, password, host, pathname } = new URL(database);
  const address = `pgvector://${username}:${password}@${host}/large?database=${pathname.slice(1)}`;
  const client = new pg.Client({ connectionString: database });
  await client.connect();
  afterAll(() => client.end());

  test("a table is made while somebody else makes the extension for another one", async () => {
    const empty = await freshDatabase(server.url);
    const rival = await makingExtension(empty);
    const other = address.replace(/database=.*/, `database=${new URL(empty).pathname.slice(1)}`);
    const index = await openVectorIndex(other, { space: SPACE });
    const position = { sequence: 1, afterRow: null };
    const writing = index.setPosition("acme", position);
    await rival.commitOnceWaitedFor();
    await writing;
    expect(await index.position("acme")).toEqual(position);
    await index.close();
  });

  test("scopes too large for an exact search are searched along the graph, and the nearest found", {
    timeout: 300_000,
  }, async () => {
    const index = await openVectorIndex(address, { space: SPACE });
    await index.setPosition("acme", { sequence: 1, afterRow: null });
    const { rows } = await client.query(
      "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE 'large%'",
    );
    const table = `"${rows[0].tablename}"`;
    await client.query(`SELECT setseed(0.5)`);
    await client.query(`INSERT INTO ${table} (key, tenant, id, type, "userId", vector)
      SELECT gen_random_uuid(), 'acme', n, 'semantic', CASE n % 8 WHEN 0 THEN 'bob' ELSE 'alice' END,
        l2_normalize((SELECT array_agg(random() - 0.5 + (n + g) * 0) FROM generate_series(1, 8) AS g)::vector)
      FROM generate_series(1, ${COUNT}) AS n`);
    await client.query(`ANALYZE ${table}`);

    for (const userId of [null, "alice"]) {
      let found = 0;
      for (let round = 0; round < 10; round++) {
        const vector = Float32Array.from({ length: 8 }, (_, at) => Math.cos(round * 7 + at * 3));
        const length = Math.hypot(...vector);
        vector.forEach((value, at) => {
          vector[at] = value / length;
        });
        const scope = { ...UNRESTRICTED, userId };
        const hits = await index.search("acme", { vector, scope, filter: EVERYTHING, now: START, limit: 10 });
        const nearest = await client.query<{ id: string }>(
          `SELECT id FROM ${table} WHERE tenant = 'acme' AND ($2::text IS NULL OR "userId" = $2)
           ORDER BY (vector <=> $1::vector) + 0 LIMIT 10`,
          [`[${vector.join(",")}]`, userId],
        );
        const ids = new Set(hits.map(({ id }) => id));
        expect(ids.size).toBe(10);
        found += nearest.rows.filter(({ id }) => ids.has(id)).length;
      }
      expect(found).toBeGreaterThanOrEqual(95);
    }
    await index.close();
  });
});
