import type { IndexEntry, IndexedRecord } from "../../core/recall-index.ts";
import type { Connection } from "./driver.ts";
import { UPDATE_ENTRY } from "./record-write.ts";
import { entryValues, INDEXED_COLUMNS, INDEXED_RECORDS, type IndexedRow, indexedRecord } from "./rows.ts";
import { constant, sql, statement } from "./sql.ts";
import { tenantNumber } from "./tenants.ts";
import type { Steps } from "./writer.ts";

export function indexedRecords(
  connection: Connection,
  tenant: number,
  query: { afterRow: number; limit: number; userId?: string | null },
): IndexedRecord[] {
  const { afterRow, limit, userId } = query;
  const user = userId === undefined ? constant("") : sql`AND r.user_id IS ${userId}`;
  const { text, values } = statement(sql`SELECT ${constant(INDEXED_COLUMNS)} FROM ${constant(INDEXED_RECORDS)}
    WHERE r.tenant = ${tenant} ${user} AND r.row > ${afterRow} ORDER BY r.row LIMIT ${limit}`);
  return connection.tuples<IndexedRow>(text, ...values).map(indexedRecord);
}

export function indexedById(connection: Connection, tenant: number, ids: readonly string[]): IndexedRecord[] {
  return ids.flatMap((id) => {
    const text = `SELECT ${INDEXED_COLUMNS} FROM ${INDEXED_RECORDS} WHERE r.tenant = ? AND r.id = ?`;
    return connection.tuples<IndexedRow>(text, tenant, id).map(indexedRecord);
  });
}

export function* reindexRecords(
  connection: Connection,
  tenantName: string,
  entries: readonly { id: string; version: number; entry: IndexEntry }[],
): Steps<void> {
  const tenant = tenantNumber(connection, tenantName);
  for (const { id, version, entry } of entries) {
    const current = connection.get<{ row: number }>(
      "SELECT row FROM records WHERE tenant = ? AND id = ? AND version = ?",
      tenant,
      id,
      version,
    );
    if (current) connection.run(UPDATE_ENTRY, ...entryValues(entry), current.row);
    yield;
  }
}

/** Ids of records with an entry that has another maker or no vector, by row. */
export function staleEntries(
  connection: Connection,
  tenant: number,
  {
    embedder,
    analyzer,
    limit,
  }: { readonly embedder: string; readonly analyzer: string; readonly limit: number },
): string[] {
  // Each way of being stale is one range of an index, so that asking costs nothing when all entries are current.
  const stale = sql`
    SELECT row FROM entries WHERE embedder < ${embedder}
    UNION ALL SELECT row FROM entries WHERE embedder > ${embedder}
    UNION ALL SELECT row FROM entries WHERE embedder = ${embedder} AND analyzer < ${analyzer}
    UNION ALL SELECT row FROM entries WHERE embedder = ${embedder} AND analyzer > ${analyzer}
    UNION ALL SELECT row FROM entries WHERE vector IS NULL`;
  const { text, values } = statement(sql`SELECT id FROM records
    WHERE tenant = ${tenant} AND row IN (${stale}) ORDER BY row LIMIT ${limit}`);
  return connection.all<{ id: string }>(text, ...values).map(({ id }) => id);
}
