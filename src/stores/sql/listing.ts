import type { FilterNode } from "../../core/filter/filter.ts";
import type { ListQuery } from "../../core/store.ts";
import { type Instant, instantKey } from "../../core/time.ts";
import { type FieldsSql, filterSql } from "./filter.ts";
import { constant, type Sql, template } from "./template.ts";

/** The `records r` of a tenant that are alive and fit. */
export function presentWhere<Value>(
  tenant: Sql<Value>,
  { filter, now }: { readonly filter: FilterNode; readonly now: Instant },
  fields: FieldsSql<Value>,
): Sql<Value | string> {
  return template<
    Value | string
  >`r.tenant = ${tenant} AND (r.expires_at IS NULL OR r.expires_at > ${instantKey(now)})
    AND ${filterSql(filter, fields)}`;
}

/** Of the `versions v` of a tenant, named by `versions`, those that were the last of a record that was there at `asOf`. */
export function pastWhere<Value>(
  tenant: Sql<Value>,
  { filter, now, asOf }: { readonly filter: FilterNode; readonly now: Instant; readonly asOf: Instant },
  versions: string,
  fields: FieldsSql<Value>,
): Sql<Value | string> {
  const then = instantKey(asOf);
  return template<Value | string>`v.tenant = ${tenant} AND v.present AND v.at <= ${then}
    AND NOT EXISTS (SELECT 1 FROM ${constant(versions)} AS later
      WHERE later.tenant = v.tenant AND later.id = v.id AND later.version > v.version AND later.at <= ${then})
    AND (v.expires_at IS NULL OR v.expires_at > ${instantKey(now)})
    AND ${filterSql(filter, fields)}`;
}

/**
 * Place, order and size of a page of the table with this alias. The condition on the time alone lets an index find the
 * place.
 */
export function pageSql<Value>(
  { order, after, limit, offset = 0 }: ListQuery,
  table: "r" | "v",
  idValue: (id: string) => Sql<Value>,
): Sql<Value | string | number> {
  const sql = template<Value | string | number>;
  const [createdAt, id] = [constant(`${table}.created_at`), constant(`${table}.id`)];
  const beyond = constant(order === "newest" ? "<" : ">");
  const direction = constant(order === "newest" ? "DESC" : "ASC");
  const key = after && instantKey(after.createdAt);
  const place =
    after && key !== undefined
      ? sql`AND ${createdAt} ${beyond}= ${key} AND (${createdAt} ${beyond} ${key} OR ${id} > ${idValue(after.id)})`
      : constant("");
  return sql`${place} ORDER BY ${createdAt} ${direction}, ${id} LIMIT ${limit} OFFSET ${offset}`;
}
