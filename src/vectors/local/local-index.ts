import type { Embedder } from "../../core/embedder.ts";
import type { Indexer, RecallIndex, RecallViewRequest } from "../../core/recall-index.ts";
import { encodeKey, type ResolvedScope } from "../../core/scope.ts";
import type { RecordStore } from "../../core/store.ts";
import { FollowedPartition } from "./followed-partition.ts";
import { type Meaning, meaningInMemory } from "./meaning.ts";
import { Pace } from "./pace.ts";
import type { Partition } from "./partition.ts";
import { Selection } from "./selection.ts";
import { viewOf } from "./view.ts";

/** Records held in memory before the partition unused for longest is let go; at 256 dimensions some 1.6 kilobytes each. */
const MOST_RECORDS = 1_000_000;
const MOST_PARTITIONS = 256;

export interface LocalIndexOptions {
  readonly store: RecordStore;
  /** Vectors of other embedders are left out. */
  readonly embedder: Pick<Embedder, "id" | "dimensions">;
  /** Makes anew what another analyser made. */
  readonly indexer: Pick<Indexer, "analyzer" | "features">;
  /** Where vectors are kept instead of in this process. */
  readonly elsewhere?: {
    readonly meaning: (selection: Selection, request: RecallViewRequest) => Meaning;
    /** Up to so many rows all are candidates. */
    readonly allUpTo: number;
  };
}

/**
 * An index in this process: what it is asked about, a user's records or a whole tenant's, it reads from the store once and
 * keeps up to date by the change feed.
 */
export function createLocalIndex(options: LocalIndexOptions): RecallIndex {
  const { store, embedder, indexer, elsewhere } = options;
  /** By use, the one unused for longest first. */
  const partitions = new Map<string, FollowedPartition>();

  return {
    async view(request) {
      const { scope, filter, now, signal } = request;
      const selections = await partitionFor(scope).current();
      signal?.throwIfAborted();
      letGo();
      const pace = new Pace(signal);
      const { partition } = selections;
      const groups = partition.groups.matching(filter, now, scope.userId);
      // A record written since then is not in the partition and left out: it came after the question.
      const selection = groups
        ? selections.of(groups)
        : new Selection(
            partition,
            await slotsOf(partition, await store.rows(scope.tenant, filter, now), pace),
          );
      await pace.rest();
      const meaning = elsewhere?.meaning(selection, request) ?? meaningInMemory(selection);
      return viewOf(selection, pace, meaning);
    },
    async close() {
      partitions.clear();
    },
  };

  function partitionFor({ tenant, userId }: ResolvedScope): FollowedPartition {
    const whole = partitions.get(encodeKey([tenant]));
    const key = whole || userId === null ? encodeKey([tenant]) : encodeKey([tenant, userId]);
    const found =
      partitions.get(key) ??
      new FollowedPartition({
        store,
        embedder,
        indexer,
        partition: elsewhere ? { keepsVectors: false, allUpTo: elsewhere.allUpTo } : {},
        tenant,
        ...(userId !== null && { userId }),
      });
    partitions.delete(key);
    partitions.set(key, found);
    return found;
  }

  function letGo(): void {
    let records = 0;
    for (const { size } of partitions.values()) records += size;
    for (const [key, { size }] of partitions) {
      if (partitions.size <= 1) return;
      if (records <= MOST_RECORDS && partitions.size <= MOST_PARTITIONS) return;
      partitions.delete(key);
      records -= size;
    }
  }
}

async function slotsOf(partition: Partition, rows: Uint32Array, pace: Pace): Promise<Uint32Array> {
  const slots: number[] = [];
  for (const row of rows) {
    const slot = partition.slotOf(row);
    if (slot !== undefined) slots.push(slot);
    if (pace.dueInLoop) await pace.rest();
  }
  return Uint32Array.from(slots).sort();
}
