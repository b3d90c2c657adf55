import type { AliasPage } from "../../core/store.ts";
import { fromInstantKey } from "../../core/time.ts";
import type { Database } from "./database.ts";
import { labelKey } from "./labels.ts";
import { constant, type Sql, sql } from "./sql.ts";
import { decodeText } from "./wire-text.ts";

/** The aliases that hold now, by the key of the id. */
export async function presentAliases(
  database: Database,
  tenant: string,
  { cursor, limit }: { readonly cursor: string | null; readonly limit: number },
): Promise<AliasPage> {
  const rows = await database.read(
    tenant,
    sql`SELECT ${label("a.id")}, ${label("a.target")}, SCHEMA.instant_key(a.at), a.id FROM SCHEMA.aliases a
      WHERE a.tenant = ${labelKey(tenant)} AND a.id > ${cursor ?? ""} AND a.target IS NOT NULL
        AND a.number = (SELECT max(last.number) FROM SCHEMA.aliases last
          WHERE last.tenant = a.tenant AND last.id = a.id)
      ORDER BY a.id LIMIT ${limit + 1}::bigint`,
  );
  const page = rows.slice(0, limit);
  return {
    aliases: page.flatMap(([id = null, target = null, at]) => {
      const [from, to] = [decodeText(id), decodeText(target)];
      return from === null || to === null ? [] : [{ id: from, target: to, at: fromInstantKey(at ?? "") }];
    }),
    cursor: rows.length > limit ? decodeText(page.at(-1)?.[3] ?? null) : null,
  };
}

/** The label a key stands for. Of a long one the key tells only a part: it is known where it was a record once. */
function label(column: string): Sql {
  return constant(`CASE WHEN octet_length(${column}) <= 255 THEN ${column} ELSE
    (SELECT v.body ->> 'id' FROM SCHEMA.versions v
      WHERE v.tenant = a.tenant AND v.id = ${column} AND v.body IS NOT NULL ORDER BY v.version LIMIT 1) END`);
}
