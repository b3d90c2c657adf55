import type { IndexedRecord, Indexer } from "../../core/recall-index.ts";
import type { RecordStore } from "../../core/store.ts";
import { FIRST_INSTANT } from "../../core/time.ts";
import { Pace } from "./pace.ts";

/** The same with features of the present analyser: until the store has them, records are analysed when they are read. */
export async function analysed(
  parts: {
    readonly store: Pick<RecordStore, "read">;
    readonly indexer: Pick<Indexer, "analyzer" | "features">;
  },
  tenant: string,
  items: readonly IndexedRecord[],
): Promise<readonly IndexedRecord[]> {
  const { store, indexer } = parts;
  const stale = items.filter(({ entry }) => entry.analyzer !== indexer.analyzer).map(({ id }) => id);
  if (stale.length === 0) return items;
  const records = await store.read(tenant, stale, { now: FIRST_INSTANT });
  const features = new Map<string, Uint8Array>();
  const pace = new Pace();
  for (const record of records) {
    if (record) features.set(record.id, indexer.features(record));
    if (pace.due) await pace.rest();
  }
  return items.flatMap((item) => {
    if (item.entry.analyzer === indexer.analyzer) return [item];
    const own = features.get(item.id);
    // Deleted since: a change will tell of it.
    return own ? [{ ...item, entry: { ...item.entry, analyzer: indexer.analyzer, features: own } }] : [];
  });
}
