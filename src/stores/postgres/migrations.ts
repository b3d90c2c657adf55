import { sha256Hex } from "../../core/content-hash.ts";
import { StoreError } from "../../core/errors.ts";
import { type Driver, sqlState, type Transaction } from "./driver.ts";
import { FORGETTING } from "./schema/forgetting.ts";
import { partitioned } from "./schema/partitions.ts";
import { RECORD_FUNCTIONS } from "./schema/record-functions.ts";
import { SEARCH } from "./schema/search.ts";
import { SESSION_FUNCTIONS } from "./schema/session-functions.ts";
import { SINGLE_RECORD } from "./schema/single-record.ts";
import { SINGLE_SESSION } from "./schema/single-session.ts";
import { ISOLATION, RECORDS, SESSIONS } from "./schema/tables.ts";
import { constant, inSchema, quoted, sql, statement } from "./sql.ts";

export interface Migration {
  readonly title: string;
  readonly script: string;
  /**
   * How many migrations a program must know to work on the schema afterwards. Left out: no more than before, because older
   * programs do not notice what was added.
   */
  readonly needs?: number;
}

/** In order. Published ones are never changed. */
export const MIGRATIONS: readonly Migration[] = [
  { title: "records, their versions and the change feed", script: RECORDS, needs: 1 },
  { title: "sessions and their messages", script: SESSIONS, needs: 2 },
  { title: "tenants apart by row-level security", script: ISOLATION },
  { title: "writing and reading records", script: RECORD_FUNCTIONS, needs: 4 },
  { title: "writing and reading sessions", script: SESSION_FUNCTIONS, needs: 5 },
  // Programs that do not know of it would pass over what is forgotten.
  { title: "forgetting old changes", script: FORGETTING, needs: 6 },
  { title: "fewer statements for a single record and a session", script: SINGLE_RECORD + SINGLE_SESSION },
];

const LEDGER = `CREATE TABLE SCHEMA.migrations (
  number integer PRIMARY KEY,
  title text NOT NULL,
  checksum text NOT NULL,
  needs integer NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
);`;

export function checksum({ script }: Migration): string {
  return sha256Hex(script);
}

/**
 * Brings the schema up to date, in one transaction. Of several processes one migrates and the others find it done.
 * @param partitions how many the large tables get, when they are made now. Default: none.
 * @throws StoreError when the schema needs a newer release, or the database is not in UTF-8.
 */
export async function migrate(
  driver: Driver,
  schema: string,
  migrations = MIGRATIONS,
  partitions = 0,
): Promise<void> {
  if ((await appliedCount(driver, schema, migrations)) >= migrations.length) return;
  await driver.transaction(async (transaction) => {
    await lockSchema(transaction, schema);
    await checkEncoding(transaction);
    const ledger = `${quoted(schema)}.migrations`;
    const [found] = await transaction.run(
      statement(sql`SELECT to_regclass(${ledger}::text) IS NOT NULL`, schema),
    );
    if (found?.[0] !== "t")
      await transaction.script(inSchema(`CREATE SCHEMA IF NOT EXISTS ${quoted(schema)}; ${LEDGER}`, schema));
    const [row] = await transaction.run(statement(constant(APPLIED), schema));
    const applied = checkedCount(row, migrations);
    for (const [index, migration] of migrations.entries())
      if (index >= applied)
        await transaction.script(
          inSchema(scriptOf(withRecord(migration, index, migrations), partitions), schema),
        );
  });
}

const APPLIED = "SELECT count(*), coalesce(max(needs), 0) FROM SCHEMA.migrations";

/** How many migrations the schema has; 0 where there is no schema. */
async function appliedCount(
  driver: Driver,
  schema: string,
  migrations: readonly Migration[],
): Promise<number> {
  try {
    const [[row] = []] = await driver.flight([statement(constant(APPLIED), schema)]);
    return checkedCount(row, migrations);
  } catch (error) {
    const isMissing = ["3F000", "42P01"].includes(sqlState(error) ?? "");
    if (isMissing) return 0;
    throw error;
  }
}

function checkedCount(row: readonly (string | null)[] | undefined, migrations: readonly Migration[]): number {
  const [applied = 0, needs = 0] = row?.map(Number) ?? [];
  if (needs > migrations.length)
    throw new StoreError(
      "store_failed",
      `The schema was migrated to version ${applied}, which programs that know ${migrations.length} cannot use. Use a newer release.`,
      { details: { schemaVersion: applied, needed: needs, newestKnown: migrations.length } },
    );
  return applied;
}

/** One at a time changes the schema. */
export async function lockSchema(transaction: Transaction, schema: string): Promise<void> {
  await transaction.run(
    statement(sql`SELECT pg_advisory_xact_lock(hashtextextended(${`memoir ${schema}`}::text, 0))`, schema),
  );
}

async function checkEncoding(transaction: Transaction): Promise<void> {
  const [row] = await transaction.run({ text: "SELECT current_setting('server_encoding')", values: [] });
  if (row?.[0] !== "UTF8")
    throw new StoreError("store_failed", `The database is in ${row?.[0]}; create one WITH ENCODING 'UTF8'.`);
}

function scriptOf(script: string, partitions: number): string {
  return partitions > 0 ? partitioned(script, partitions) : script;
}

function withRecord(migration: Migration, index: number, migrations: readonly Migration[]): string {
  const needs = Math.max(...migrations.slice(0, index + 1).map((one) => one.needs ?? 0));
  const title = migration.title.replaceAll("'", "''");
  return `${migration.script.trim()}
INSERT INTO SCHEMA.migrations (number, title, checksum, needs)
VALUES (${index + 1}, '${title}', '${checksum(migration)}', ${needs});`;
}

/**
 * The whole schema as one script for review, or for `psql`: what opening an empty database runs.
 * @param schema its name; default `memoir`.
 * @param partitions how many partitions, by hash of the tenant, the large tables get. Default: none.
 * @param search true: with what searching inside the database needs, pgvector among it. Default false.
 */
export function printMigrations(
  schema = "memoir",
  { partitions = 0, search = false }: { readonly partitions?: number; readonly search?: boolean } = {},
): string {
  const parts = MIGRATIONS.map((migration, index) => {
    const script = withRecord(migration, index, MIGRATIONS);
    return `-- ${index + 1}: ${migration.title}\n${scriptOf(script, partitions)}\n`;
  });
  if (search) parts.push(`-- searching inside the database\n${SEARCH.trim()}\n`);
  const script = `BEGIN;\nCREATE SCHEMA IF NOT EXISTS ${quoted(schema)};\n${LEDGER}\n\n${parts.join("\n")}\nCOMMIT;\n`;
  return inSchema(script, schema);
}
