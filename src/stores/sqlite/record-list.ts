import type { FilterNode } from "../../core/filter/filter.ts";
import type { MemoryRecord } from "../../core/record.ts";
import type { ListQuery } from "../../core/store.ts";
import { type Instant, instantKey } from "../../core/time.ts";
import type { Connection } from "./driver.ts";
import { filterSql } from "./filter-sql.ts";
import { PRESENT_COLUMNS, PRESENT_RECORDS, type PresentRow, presentRecord } from "./rows.ts";
import { PAST, PRESENT } from "./sources.ts";
import { constant, type Sql, sql } from "./sql.ts";

export function listRecords(connection: Connection, tenant: number, query: ListQuery): MemoryRecord[] {
  const { asOf } = query;
  if (asOf === undefined) {
    const where = presentWhere(tenant, query.filter, query.now);
    const page = pageSql(query, constant("r.created_at"), constant("r.id"));
    const { text, values } = sql`SELECT ${constant(PRESENT_COLUMNS)} FROM ${constant(PRESENT_RECORDS)}
      WHERE ${where} ${page}`;
    return connection.all<PresentRow>(text, ...values).map(presentRecord);
  }
  const page = pageSql(query, constant("v.created_at"), constant("v.id"));
  const { text, values } = sql`SELECT v.body FROM versions v WHERE ${pastWhere(tenant, query, asOf)} ${page}`;
  return connection
    .all<{ body: string }>(text, ...values)
    .map(({ body }) => JSON.parse(body) as MemoryRecord);
}

export function countRecords(
  connection: Connection,
  tenant: number,
  query: Pick<ListQuery, "filter" | "now" | "asOf">,
): number {
  const { filter, now, asOf } = query;
  const { text, values } =
    asOf === undefined
      ? sql`SELECT count(*) AS count FROM records r WHERE ${presentWhere(tenant, filter, now)}`
      : sql`SELECT count(*) AS count FROM versions v WHERE ${pastWhere(tenant, query, asOf)}`;
  return connection.get<{ count: number }>(text, ...values)?.count ?? 0;
}

/** Row numbers of the present records that are alive and fit, rising. */
export function rowNumbers(
  connection: Connection,
  tenant: number,
  filter: FilterNode,
  now: Instant,
): Uint32Array {
  // One JSON text instead of a row each: the driver would spend five times as long on the rows as SQLite on the query.
  const { text, values } = sql`SELECT json_group_array(r.row) AS numbers FROM records r
    WHERE ${presentWhere(tenant, filter, now)}`;
  const found = connection.get<{ numbers: string }>(text, ...values);
  return Uint32Array.from(JSON.parse(found?.numbers ?? "[]") as number[]).sort();
}

function presentWhere(tenant: number, filter: FilterNode, now: Instant): Sql {
  return sql`r.tenant = ${tenant} AND (r.expires_at IS NULL OR r.expires_at > ${instantKey(now)})
    AND ${filterSql(filter, PRESENT)}`;
}

/** The version that was the last at `asOf`, where the record was there then. */
function pastWhere(tenant: number, { filter, now }: Pick<ListQuery, "filter" | "now">, asOf: Instant): Sql {
  const then = instantKey(asOf);
  return sql`v.tenant = ${tenant} AND v.present AND v.at <= ${then}
    AND NOT EXISTS (SELECT 1 FROM versions AS later
      WHERE later.tenant = v.tenant AND later.id = v.id AND later.version > v.version AND later.at <= ${then})
    AND (v.expires_at IS NULL OR v.expires_at > ${instantKey(now)})
    AND ${filterSql(filter, PAST)}`;
}

/** Order, place and size of a page. The condition on the time alone lets an index find the place. */
function pageSql({ order, after, limit, offset = 0 }: ListQuery, createdAt: Sql, id: Sql): Sql {
  const newest = order === "newest";
  const beyond = constant(newest ? "<" : ">");
  const key = after && instantKey(after.createdAt);
  const place =
    after && key !== undefined
      ? sql`AND ${createdAt} ${beyond}= ${key} AND (${createdAt} ${beyond} ${key} OR ${id} > ${after.id})`
      : constant("");
  return sql`${place} ORDER BY ${createdAt} ${constant(newest ? "DESC" : "ASC")}, ${id} LIMIT ${limit} OFFSET ${offset}`;
}
