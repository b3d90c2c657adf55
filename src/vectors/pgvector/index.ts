import type { Pool } from "pg";
import { VectorIndexError } from "../../core/errors.ts";
import type { VectorIndex, VectorSpace } from "../../core/vector-index.ts";
import { type Engine, LABELS } from "../external/engine.ts";
import { createExternalIndex } from "../external/external-index.ts";
import { loadClient } from "../external/failures.ts";
import { collectionName } from "../external/names.ts";
import type { ExternalOptions } from "../external/options.ts";
import { searchSql } from "./search-sql.ts";
import { tableSql, vectorText } from "./table-sql.ts";

const TRAITS = { name: "pgvector", most: 1_000, points: 500, bytes: 16e6 };

/** Most dimensions that an index of pgvector over half-precision vectors can have. */
const MOST_DIMENSIONS = 4_000;

/** Most characters of a name in PostgreSQL, less what the names of the table's indexes add to it. */
const LONGEST_NAME = 55;

/**
 * Vectors in PostgreSQL with pgvector 0.8 or newer: `pgvector://user:password@host:5432/collection?database=app`. Other options,
 * such as `sslmode`, mean what they mean to libpq.
 */
export async function openPgvectorIndex({
  address,
  collection,
  space,
}: ExternalOptions): Promise<VectorIndex> {
  const { Pool, escapeLiteral } = (await loadClient("pg", () => import("pg"))).default;
  if (space.dimensions > MOST_DIMENSIONS)
    throw new VectorIndexError("vectors_failed", `pgvector indexes at most ${MOST_DIMENSIONS} dimensions.`);
  const { user, key, host, port, parameters } = address;
  const database = parameters.get("database");
  const url = new URL(
    `postgres://${host || "localhost"}:${port ?? 5432}/${encodeURIComponent(database ?? "")}`,
  );
  for (const [name, value] of parameters) if (name !== "database") url.searchParams.set(name, value);
  if (url.searchParams.has("sslmode")) url.searchParams.set("uselibpqcompat", "true");
  if (user !== null) url.username = encodeURIComponent(user);
  if (key !== null) url.password = encodeURIComponent(key);
  return createExternalIndex(TRAITS, space, async () => {
    const pool = new Pool({ connectionString: url.href, max: 4, connectionTimeoutMillis: 10_000 });
    // A connection that breaks while nobody uses it; the pool makes another one.
    pool.on("error", () => undefined);
    const table = collectionName(collection, space, { most: LONGEST_NAME }).toLowerCase();
    try {
      await makeTable(pool, table, space);
    } catch (error) {
      await pool.end();
      throw error;
    }
    return engineOn(pool, table, escapeLiteral);
  });
}

/** One at a time makes it; the others find it done. */
async function makeTable(pool: Pool, table: string, { dimensions }: VectorSpace): Promise<void> {
  const { rows } = await pool.query("SELECT to_regclass($1) IS NOT NULL AS made", [`"${table}"`]);
  if (rows[0]?.made) return;
  // Not with the table: somebody may be making the extension of the database for another table just now.
  await pool.query("CREATE EXTENSION IF NOT EXISTS vector").catch((error) => {
    if (error.code !== UNIQUE_VIOLATION) throw error;
  });
  await pool.query(`SELECT pg_advisory_xact_lock(hashtext('${table}')); ${tableSql(table, dimensions)}`);
}

const UNIQUE_VIOLATION = "23505";

interface Found {
  readonly id: string;
  readonly cosine: number;
  readonly exact: boolean;
}

function engineOn(pool: Pool, table: string, literal: (value: string) => string): Engine {
  const columns = LABELS.map((label) => `"${label}"`);
  const updates = [...columns, "vector"].map((column) => `${column} = excluded.${column}`).join(", ");
  const put = `INSERT INTO "${table}" (key, ${columns.join(", ")}, vector)
    SELECT * FROM unnest($1::uuid[], ${LABELS.map((_, at) => `$${at + 2}::text[]`).join(", ")}, $${LABELS.length + 2}::text[]::vector[])
    ON CONFLICT (key) DO UPDATE SET ${updates}`;
  return {
    async put(_tenant, points) {
      // Of points with one key the last counts; one statement could not write them both.
      const last = [...new Map(points.map((point) => [point.key, point])).values()];
      const labels = LABELS.map((label) => last.map((point) => point.labels[label] ?? null));
      await pool.query(put, [
        last.map(({ key }) => key),
        ...labels,
        last.map(({ vector }) => vectorText(vector)),
      ]);
    },
    async delete(_tenant, keys) {
      await pool.query(`DELETE FROM "${table}" WHERE key = ANY ($1::uuid[])`, [keys]);
    },
    async search(_tenant, query) {
      const run = async (most?: number) => {
        const answer = await pool.query<Found>(searchSql(table, query, literal, most));
        return [answer].flat().at(-1)?.rows ?? [];
      };
      const found = await run();
      // The walk along the graph gives up some time; then nothing but an exact search knows whether there is more.
      const whole = found.length >= query.limit || found[0]?.exact === true;
      return whole ? found : run(Number.POSITIVE_INFINITY);
    },
    async position(_tenant, key) {
      const { rows } = await pool.query(`SELECT position FROM "${table}" WHERE key = $1`, [key]);
      return rows[0]?.position ?? null;
    },
    async clear(tenant) {
      await pool.query(`DELETE FROM "${table}" WHERE md5(tenant) = md5($1) AND tenant = $1`, [tenant]);
    },
    close: () => pool.end(),
  };
}
