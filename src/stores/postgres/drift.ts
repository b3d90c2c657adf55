import { randomUUID } from "node:crypto";
import { type Row, sqlState, type Transaction } from "./driver.ts";
import { checksum, MIGRATIONS, type Migration } from "./migrations.ts";
import { inSchema, quoted, sql, statement } from "./sql.ts";

/** Everything that makes a schema what it is, a line each, with its own name taken out. */
const CATALOG = `
WITH here AS (SELECT oid, nspname FROM pg_namespace WHERE nspname = $1),
described AS (
  SELECT 'column ' || c.relname || '.' || a.attname || ': ' || format_type(a.atttypid, a.atttypmod)
    || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
    || CASE a.attidentity WHEN '' THEN '' ELSE ' IDENTITY' END
    || coalesce(' COLLATE ' || (SELECT collname FROM pg_collation WHERE oid = a.attcollation), '')
    || coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '') AS line
  FROM pg_class c JOIN here ON here.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
  LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
  WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL
  SELECT replace(replace('index ' || i.relname || ': ' || pg_get_indexdef(i.oid), quote_ident(nspname) || '.', ''), ' ON ONLY ', ' ON ')
    || CASE WHEN x.indisvalid THEN '' ELSE ' (invalid)' END
  FROM pg_class i JOIN here ON here.oid = i.relnamespace JOIN pg_index x ON x.indexrelid = i.oid
  UNION ALL
  SELECT 'row-level security of ' || c.relname || ': ' || CASE WHEN c.relrowsecurity AND c.relforcerowsecurity
    THEN 'forced' WHEN c.relrowsecurity THEN 'on, but not for the owner' ELSE 'off' END
  FROM pg_class c JOIN here ON here.oid = c.relnamespace WHERE c.relkind IN ('r', 'p')
  UNION ALL
  SELECT 'policy ' || p.polname || ' on ' || c.relname || ': ' || p.polcmd::text || ' '
    || coalesce(pg_get_expr(p.polqual, p.polrelid), '') || coalesce(' CHECK ' || pg_get_expr(p.polwithcheck, p.polrelid), '')
  FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN here ON here.oid = c.relnamespace
  UNION ALL
  SELECT replace('function ' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || '): ', quote_ident(nspname) || '.', '')
    || p.provolatile::text || ' ' || md5(replace(p.prosrc, '"' || replace(nspname, '"', '""') || '".', ''))
  FROM pg_proc p JOIN here ON here.oid = p.pronamespace WHERE p.prokind = 'f'
)
SELECT line FROM described ORDER BY 1`;

/**
 * One sentence for each difference between a schema and what the migrations make, which is found out by making it beside and
 * undoing that. What was added by others, such as their own indexes, is no difference.
 */
export async function driftOf(
  transaction: Transaction,
  schema: string,
  migrations = MIGRATIONS,
): Promise<string[]> {
  const { run, script } = transaction;
  const ledger = statement(sql`SELECT number, checksum FROM SCHEMA.migrations ORDER BY number`, schema);
  const changed = changedMigrations(await run(ledger), migrations);
  if (changed.length > 0) return changed;
  const twin = `memoir_check_${randomUUID().slice(0, 8)}`;
  await script("SAVEPOINT twin");
  try {
    await script(`CREATE SCHEMA ${quoted(twin)}`);
    for (const migration of migrations) await script(inSchema(migration.script, twin));
    const describe = async (name: string) =>
      (await run({ text: CATALOG, values: [name] })).map(([line]) => line ?? "");
    const wanted = await describe(twin);
    const there = new Set(await describe(schema));
    return wanted
      .filter((line) => !there.has(line))
      .map((line) => `The schema ${schema} differs from what the migrations make; it lacks: ${line}.`);
  } catch (error) {
    // Who may not make a schema cannot compare with one.
    if (sqlState(error) === "42501") return [];
    throw error;
  } finally {
    await script("ROLLBACK TO twin");
  }
}

function changedMigrations(rows: readonly Row[], migrations: readonly Migration[]): string[] {
  return rows.flatMap(([number, sum]) => {
    const migration = migrations[Number(number) - 1];
    return migration && checksum(migration) !== sum
      ? [`Migration ${number} (${migration.title}) was applied in another form than this release has it.`]
      : [];
  });
}
