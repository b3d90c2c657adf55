import type { IndexEntry, IndexedRecord } from "../../core/recall-index.ts";
import type { Database } from "./database.ts";
import type { Row } from "./driver.ts";
import { ENTRY_COLUMNS, readEntry, writtenEntry } from "./entries.ts";
import { labelKey } from "./labels.ts";
import { PRESENT_RECORDS } from "./rows.ts";
import { constant, sql } from "./sql.ts";
import { decodeText, encodeJson } from "./wire-text.ts";

/** Row and id of records `r`, and their entries `e`. */
export const PLACE_COLUMNS = `r."row", CASE WHEN octet_length(r.id) <= 255 THEN r.id ELSE (
    SELECT body ->> 'id' FROM SCHEMA.versions WHERE tenant = r.tenant AND id = r.id AND version = r.version) END`;
export const WITH_ENTRIES =
  'SCHEMA.records r JOIN SCHEMA.entries e ON e.tenant = r.tenant AND e."row" = r."row"';

const INDEXED = constant(`SELECT ${PLACE_COLUMNS}, ${ENTRY_COLUMNS} FROM ${WITH_ENTRIES}`);

/** Without statistics the server would sort all that is left of a tenant for each page. */
const IN_ORDER = constant("SELECT set_config('enable_sort', 'off', true)");

export function indexedRecord(columns: Row): IndexedRecord {
  const [row, id, ...entry] = columns.map(decodeText);
  return { row: Number(row), id: id ?? "", entry: readEntry(entry) };
}

export async function indexedRecords(
  database: Database,
  tenant: string,
  { afterRow, limit, userId }: { afterRow: number; limit: number; userId?: string | null },
): Promise<IndexedRecord[]> {
  const ofUser =
    userId === null ? constant("AND r.user_id IS NULL") : sql`AND r.user_id = ${labelKey(userId ?? "")}`;
  const rows = await database.scan(
    tenant,
    // The entries are looked up one by one: in a plain join the server may read them all from the first one on.
    sql`SELECT ${constant(PLACE_COLUMNS)}, ${constant(ENTRY_COLUMNS)}
      FROM (SELECT * FROM SCHEMA.records r
        WHERE r.tenant = ${labelKey(tenant)} ${userId === undefined ? constant("") : ofUser}
          AND r."row" > ${afterRow}::integer ORDER BY r."row" LIMIT ${limit}::bigint) r
      CROSS JOIN LATERAL (
        SELECT * FROM SCHEMA.entries WHERE tenant = r.tenant AND "row" = r."row" OFFSET 0) e
      ORDER BY r."row"`,
    IN_ORDER,
  );
  return rows.map(indexedRecord);
}

export async function indexedById(
  database: Database,
  tenant: string,
  ids: readonly string[],
): Promise<IndexedRecord[]> {
  const rows = await database.read(
    tenant,
    sql`${INDEXED} WHERE r.tenant = ${labelKey(tenant)}
      AND r.id = ANY (ARRAY(SELECT SCHEMA.label_key(id) FROM unnest(${ids}::text[]) AS id))`,
  );
  return rows.map(indexedRecord);
}

export async function reindexRecords(
  database: Database,
  tenant: string,
  entries: readonly { id: string; version: number; entry: IndexEntry }[],
): Promise<void> {
  const made = encodeJson(entries.map(({ id, version, entry }) => ({ id, version, ...writtenEntry(entry) })));
  await database.write(tenant, {
    call: () => sql`SCHEMA.reindex_records(${tenant}, ${made})`,
    result: () => undefined,
  });
}

/** Ids of records with an entry that has another maker or no vector, by row. */
export async function staleEntries(
  database: Database,
  tenant: string,
  {
    embedder,
    analyzer,
    limit,
  }: { readonly embedder: string; readonly analyzer: string; readonly limit: number },
): Promise<string[]> {
  // Each way of being stale is one range of an index, so that asking costs little when all entries are current.
  const entries = sql`SELECT "row" FROM SCHEMA.entries WHERE tenant = ${labelKey(tenant)}`;
  const rows = await database.read(
    tenant,
    sql`SELECT v.body ->> 'id' FROM ${constant(PRESENT_RECORDS)}
      WHERE r.tenant = ${labelKey(tenant)} AND r."row" IN (
        ${entries} AND embedder < ${embedder} UNION ALL ${entries} AND embedder > ${embedder}
        UNION ALL ${entries} AND embedder = ${embedder} AND analyzer < ${analyzer}
        UNION ALL ${entries} AND embedder = ${embedder} AND analyzer > ${analyzer}
        UNION ALL ${entries} AND vector IS NULL)
      ORDER BY r."row" LIMIT ${limit}::bigint`,
  );
  return rows.map(([id = null]) => decodeText(id) ?? "");
}
