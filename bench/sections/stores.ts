import type { Row } from "../report/row.ts";
import type { Engine } from "../stores/engine.ts";
import { postgresEngine } from "../stores/postgres.ts";
import { measureRates } from "../stores/rates.ts";
import { measureStoreRecall } from "../stores/recall.ts";
import { redisEngine } from "../stores/redis.ts";
import { measureRoundTrips } from "../stores/round-trips.ts";
import { sqliteEngine } from "../stores/sqlite.ts";
import type { SectionOptions } from "./section.ts";

/** Each store against the bare driver of its engine, and what a conversation costs on a server. */
export async function measureStores(options: SectionOptions): Promise<Row[]> {
  const { folder, seconds, servers } = options;
  const engines: (() => Promise<Engine>)[] = [
    () => sqliteEngine(folder),
    ...(servers.redis ? [() => redisEngine(servers.redis ?? "")] : []),
    ...(servers.postgres ? [() => postgresEngine(servers.postgres ?? "")] : []),
  ];
  const rows: Row[] = [];
  for (const open of engines) {
    const engine = await open();
    rows.push(...(await measureRates(engine, seconds)));
    if (engine.name !== "sqlite")
      rows.push(...(await measureRoundTrips(engine.name, engine.url, options.size)));
    rows.push(...(await measureStoreRecall(engine.name, engine.url, options)));
    await engine.close();
  }
  return rows;
}
