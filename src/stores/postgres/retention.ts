import { forgettable, type VersionRetention } from "../../core/retention.ts";
import type { IdPage } from "../../core/store.ts";
import { fromInstantKey } from "../../core/time.ts";
import type { Database } from "./database.ts";
import { labelKey } from "./labels.ts";
import { sql } from "./sql.ts";
import { decodeText } from "./wire-text.ts";

/** Every id there ever was, by its key. Of a very long one that was erased not even the id is left. */
export async function usedIds(
  database: Database,
  tenant: string,
  { cursor, limit }: { readonly cursor: string | null; readonly limit: number },
): Promise<IdPage> {
  const [key, after] = [labelKey(tenant), cursor ?? ""];
  const rows = await database.read(
    tenant,
    sql`SELECT used.id, CASE WHEN octet_length(used.id) <= 255 THEN used.id ELSE (SELECT v.body ->> 'id' FROM SCHEMA.versions v
        WHERE v.tenant = ${key} AND v.id = used.id AND v.body IS NOT NULL ORDER BY v.version LIMIT 1) END
      FROM (SELECT id FROM SCHEMA.versions WHERE tenant = ${key} AND id > ${after}
        UNION SELECT id FROM SCHEMA.erasures WHERE tenant = ${key} AND id > ${after} ORDER BY id LIMIT ${limit + 1}::bigint) AS used
      ORDER BY used.id`,
  );
  const page = rows.slice(0, limit);
  return {
    ids: page.flatMap(([, label = null]) => decodeText(label) ?? []),
    cursor: rows.length > limit ? decodeText(page.at(-1)?.[0] ?? null) : null,
  };
}

/** Histories only grow at their end, so what may go when they are read may go afterwards. */
export async function forgetVersions(
  database: Database,
  tenant: string,
  ids: readonly string[],
  retention: VersionRetention,
): Promise<number> {
  const rows = await database.read(
    tenant,
    sql`SELECT asked.id, v.version, SCHEMA.instant_key(v.at), v.present FROM unnest(${ids}::text[]) AS asked (id)
      JOIN SCHEMA.versions v ON v.tenant = ${labelKey(tenant)} AND v.id = SCHEMA.label_key(asked.id)
      ORDER BY asked.id, v.version`,
  );
  const histories = Map.groupBy(rows, ([id = null]) => decodeText(id) ?? "");
  const kept = [...histories].flatMap(([id, history]) => {
    const versions = history.map(([, version, at, present]) => ({
      version: Number(version),
      at: fromInstantKey(at ?? ""),
      present: present === "t",
    }));
    const old = forgettable(versions, retention);
    return old > 0 ? [{ id, first: versions[old]?.version ?? 0 }] : [];
  });
  if (kept.length === 0) return 0;
  const [whose, first] = [kept.map(({ id }) => id), kept.map((one) => one.first)];
  return database.write(tenant, {
    call: () => sql`SCHEMA.forget_versions(${tenant}, ${whose}, ${first})`,
    result: ([row]) => Number(row?.[0]),
  });
}
