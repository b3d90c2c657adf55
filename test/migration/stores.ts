import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { afterAll } from "vitest";
import type { Store } from "../../src/core/store.ts";
import { createMemoryStore } from "../../src/stores/memory/index.ts";
import { openPostgresStore } from "../../src/stores/postgres/index.ts";
import { openPgliteStore } from "../../src/stores/postgres/pglite.ts";
import { openRedisStore } from "../../src/stores/redis/index.ts";
import { openSqliteStore } from "../../src/stores/sqlite/index.ts";
import { EMPTYING, ownSchema } from "../conformance/emptied.ts";
import { freshPrefix, withServer } from "../servers/with-server.ts";

/** A kind of store, opened empty. Of each kind one is the source and one the target of a migration. */
export interface StoreKind {
  readonly name: string;
  empty(role: "source" | "target"): Promise<Store>;
}

/** Every kind of store that can be had. */
export async function storeKinds(): Promise<StoreKind[]> {
  const folder = mkdtempSync(join(tmpdir(), "memoir-stores-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const database = await PGlite.create();
  afterAll(() => database.close());
  const kinds: StoreKind[] = [
    { name: "memory", empty: async () => createMemoryStore() },
    { name: "sqlite", empty: () => openSqliteStore({ path: join(folder, `${freshPrefix()}.db`) }) },
    {
      name: "pglite",
      async empty(schema) {
        const store = await openPgliteStore({ database, schema });
        const { rows } = await database.query<{ script: string }>(EMPTYING, [schema]);
        await database.exec(rows[0]?.script ?? "");
        return store;
      },
    },
  ];
  await withServer("redis", ({ url }) => {
    kinds.push({ name: "redis", empty: () => openRedisStore({ url, prefix: freshPrefix() }) });
  });
  await withServer("postgres", async (server) => {
    const schemas = { source: await ownSchema(server.url), target: await ownSchema(server.url) };
    kinds.push({
      name: "postgres",
      async empty(role) {
        const store = await openPostgresStore({ url: schemas[role].url });
        await schemas[role].empty();
        return store;
      },
    });
  });
  return kinds;
}
