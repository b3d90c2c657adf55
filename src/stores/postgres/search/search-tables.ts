import { UnsupportedError } from "../../../core/errors.ts";
import type { Logger } from "../../../core/logger.ts";
import type { VectorSpace } from "../../../core/vector-index.ts";
import type { Database } from "../database.ts";
import { sqlState, type Transaction } from "../driver.ts";
import { labelKey } from "../labels.ts";
import { lockSchema } from "../migrations.ts";
import { SEARCH, SEARCH_VERSION } from "../schema/search.ts";
import { constant, inSchema, sql, statement } from "../sql.ts";

/** Entries taken in at once: other writers of the tenant wait as long. */
const PAGE = 500;

/** The tables that are searched, which follow the entries of every tenant that was searched once. */
export interface SearchTables {
  /** Resolves when all entries of the tenant are in, which takes a while the first time. */
  ready(tenant: string): Promise<void>;
  /** Whether they are. When not, they are being taken in from now on. */
  prepared(tenant: string): Promise<boolean>;
  /** Lays a graph over the vectors of a tenant unless there is one. Goes on by itself; searches are exact meanwhile. */
  layGraph(tenant: string, space: VectorSpace): void;
  /** What goes on is broken off with the store, without a word. */
  close(): void;
}

/**
 * Makes the tables unless they are there.
 * @throws UnsupportedError when the server has no pgvector, or an old one.
 */
export async function openSearchTables(database: Database, logger: Logger): Promise<SearchTables> {
  await database.transaction((transaction) => makeTables(transaction, database.schema));
  const filled = new Set<string>();
  const filling = new Map<string, Promise<void>>();
  const laid = new Set<string>();
  let closed = false;

  return {
    ready,
    async prepared(tenant) {
      if (filled.has(tenant)) return true;
      if (filling.has(tenant)) return false;
      const { exists, isFilled } = await stateOf(tenant);
      if (isFilled || !exists) return true;
      ready(tenant).catch((error: unknown) => {
        if (!closed) logger.warn({ tenant, reason: String(error) }, "taking in a tenant was broken off");
      });
      return false;
    },
    layGraph(tenant, space) {
      const key = JSON.stringify([tenant, space.embedder, space.dimensions]);
      if (laid.has(key)) return;
      laid.add(key);
      lay(tenant, space).catch((error: unknown) => {
        laid.delete(key);
        if (!closed) logger.warn({ tenant, reason: String(error) }, "vectors are searched without a graph");
      });
    },
    close() {
      closed = true;
    },
  };

  async function ready(tenant: string): Promise<void> {
    if (filled.has(tenant)) return;
    const going = filling.get(tenant) ?? fill(tenant);
    filling.set(tenant, going);
    try {
      await going;
    } finally {
      filling.delete(tenant);
    }
  }

  async function stateOf(tenant: string): Promise<{ readonly exists: boolean; readonly isFilled: boolean }> {
    const key = labelKey(tenant);
    const [state] = await database.read(
      tenant,
      sql`SELECT EXISTS (SELECT 1 FROM SCHEMA.tenants WHERE tenant = ${key}),
        EXISTS (SELECT 1 FROM SCHEMA.taken_in WHERE tenant = ${key} AND filled)`,
    );
    const isFilled = state?.[1] === "t";
    if (isFilled) filled.add(tenant);
    return { exists: state?.[0] === "t", isFilled };
  }

  /** A tenant that has nothing yet is asked for again. */
  async function fill(tenant: string): Promise<void> {
    let { exists, isFilled } = await stateOf(tenant);
    if (!exists) return;
    while (!isFilled && !closed)
      isFilled = await database.write(tenant, {
        call: () => sql`SCHEMA.fill_search(${tenant}, ${PAGE})`,
        result: ([row]) => row?.[0] === "t",
      });
    if (isFilled) filled.add(tenant);
  }

  async function lay(tenant: string, { embedder, dimensions }: VectorSpace): Promise<void> {
    const own = sql`${database.schema}::text`;
    const space = sql`${labelKey(tenant)}::text AS tenant, ${embedder}::text AS embedder, ${dimensions}::integer AS dimensions`;
    const [row] = await database.read(
      tenant,
      sql`WITH named AS (SELECT *, 'graph_' || left(md5(tenant || ' ' || embedder || ' ' || dimensions), 16) AS name
        FROM (SELECT ${space}) AS given)
      SELECT format('CREATE INDEX CONCURRENTLY %I ON %I.meanings USING hnsw ((vector::halfvec(%s)) halfvec_cosine_ops)
        WHERE tenant = %L AND embedder = %L AND dimensions = %s', name, ${own}, dimensions, tenant, embedder, dimensions),
        format('DROP INDEX CONCURRENTLY IF EXISTS %I.%I', ${own}, name), i.indisvalid,
        EXISTS (SELECT 1 FROM pg_stat_progress_create_index p WHERE p.index_relid = c.oid)
      FROM named LEFT JOIN pg_class c ON c.relname = name
        AND c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = ${own})
      LEFT JOIN pg_index i ON i.indexrelid = c.oid`,
    );
    const [create = "", drop = "", valid, beingMade] = row ?? [];
    if (valid === "t" || beingMade === "t") return;
    // What is left of one that was not finished serves nobody.
    if (valid === "f") await database.alone(drop ?? "");
    await database.alone(create ?? "");
  }
}

async function makeTables(transaction: Transaction, schema: string): Promise<void> {
  const { run, script } = transaction;
  await checkExtension(transaction);
  const made = async () => {
    const query = sql`SELECT obj_description(to_regclass(${`"${schema.replaceAll('"', '""')}".meanings`}::text), 'pg_class')`;
    const [row] = await run(statement(query, schema));
    return Number(/\d+/.exec(row?.[0] ?? "")?.[0] ?? 0) >= SEARCH_VERSION;
  };
  if (await made()) return;
  await lockSchema(transaction, schema);
  if (await made()) return;
  try {
    await makeExtension(transaction);
    await script(inSchema(SEARCH, schema));
  } catch (error) {
    if (sqlState(error) !== "42501") throw error;
    throw new UnsupportedError(
      "The role may not make what searching in the database needs: have an administrator run CREATE EXTENSION vector, or the script that printMigrations gives with search.",
      { cause: error },
    );
  }
}

/** The extension is one of the whole database: somebody may be making it for another schema just now. */
async function makeExtension({ script }: Transaction): Promise<void> {
  await script("SAVEPOINT extension");
  try {
    await script("CREATE EXTENSION IF NOT EXISTS vector");
  } catch (error) {
    if (sqlState(error) !== UNIQUE_VIOLATION) throw error;
    await script("ROLLBACK TO extension");
  }
}

const UNIQUE_VIOLATION = "23505";

/** The release with iterative scans. */
const OLDEST = [0, 8] as const;

async function checkExtension({ run }: Transaction): Promise<void> {
  const versions = constant(
    "SELECT coalesce(installed_version, default_version) FROM pg_available_extensions WHERE name = 'vector'",
  );
  const [row] = await run(statement(versions, ""));
  if (!row) throw new UnsupportedError("The server has no pgvector, which searching in the database needs.");
  const [major = 0, minor = 0] = (row[0] ?? "").split(".").map(Number);
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]))
    throw new UnsupportedError(
      `The server has pgvector ${row[0]}, but searching in the database needs ${OLDEST.join(".")} or newer.`,
    );
}
