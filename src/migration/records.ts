import { duplicateKey } from "../core/content-hash.ts";
import type { IndexEntry } from "../core/recall-index.ts";
import type { MemoryRecord, RecordVersion } from "../core/record.ts";
import type { RecordDelete, RecordPut, RecordStore, RecordWrite } from "../core/store.ts";
import { compareInstants, formatMilliseconds, type Instant, toMilliseconds } from "../core/time.ts";
import { sameVersion } from "./sameness.ts";

/** Seen from here nothing has expired yet. */
const BEGINNING: Instant = "0001-01-01T00:00:00Z";

/** Of a record that is gone nothing is indexed; of one that waits, words and vector are made by whoever opens the store. */
const NO_ENTRY: IndexEntry = { embedder: "", vector: null, analyzer: "", features: new Uint8Array() };

/**
 * Brings the history of one id up to what it is in the source, version by version at the times they were made. What is there
 * already stays; a history that went another way is erased first.
 */
export async function copyRecord(
  from: RecordStore,
  to: RecordStore,
  tenant: string,
  id: string,
  now: Instant,
): Promise<void> {
  const [wanted, present] = await Promise.all([from.history(tenant, id), to.history(tenant, id)]);
  const done = commonVersions(present, wanted);
  const fits = done > 0;
  if (!fits && present.length > 0) await to.erase(tenant, [id], now);
  let last = fits ? (present.at(-1)?.version ?? 0) : 0;
  if (done === wanted.length) return;
  const current = await currentState(from, tenant, id);
  for (const [index, version] of wanted.entries()) {
    if (index < done) continue;
    const step = stepOf(version, wanted[index - 1], last, index === wanted.length - 1 ? current : null);
    const entry = current?.entry ?? NO_ENTRY;
    const writes = [step.write.kind === "put" ? { ...step.write, entry } : step.write];
    last = (await to.write(tenant, { writes, now: step.now })).versions[0] ?? last;
  }
}

/** How many of the wanted versions the present ones end with. Of both, older ones may have been forgotten. */
function commonVersions(present: readonly RecordVersion[], wanted: readonly RecordVersion[]): number {
  for (let count = Math.min(present.length, wanted.length); count > 0; count--) {
    const end = present.slice(present.length - count);
    if (end.every((version, index) => sameVersion(version, wanted[index]))) return count;
  }
  return 0;
}

interface Current {
  readonly record: MemoryRecord;
  readonly duplicateKey: string | null;
  readonly entry: IndexEntry | undefined;
}

/** What is known of a present record beside its history. */
async function currentState(from: RecordStore, tenant: string, id: string): Promise<Current | null> {
  const [[record], [indexed]] = await Promise.all([
    from.read(tenant, [id], { now: BEGINNING }),
    from.indexedById(tenant, [id]),
  ]);
  if (!record || record.id !== id) return null;
  const key = duplicateKey(record);
  const holders = key === null ? new Map() : await from.findDuplicates(tenant, [key], BEGINNING);
  const holds = key !== null && holders.get(key)?.id === id;
  return { record, duplicateKey: holds ? key : null, entry: indexed?.entry };
}

interface Step {
  readonly write: RecordWrite;
  readonly now: Instant;
}

/** The write that makes a version again. */
function stepOf(
  { version, change, at, record, actor, reason, confidence }: RecordVersion,
  before: RecordVersion | undefined,
  lastVersion: number,
  current: Current | null,
): Step {
  const note = {
    ...(actor !== null && { actor }),
    ...(reason !== null && { reason }),
    ...(confidence !== null && { confidence }),
  };
  const held = before !== undefined && isPresent(before) ? before.record : null;
  const expiresAt = held?.expiresAt ?? null;
  const expired = expiresAt !== null && compareInstants(expiresAt, at) <= 0;
  if (record.version < version) {
    const write = {
      kind: "delete",
      id: record.id,
      expectedVersion: lastVersion,
      change,
      note,
    } as RecordDelete;
    // What was removed because it had expired can only be removed before.
    return { write, now: expired ? formatMilliseconds(toMilliseconds(expiresAt) - 1) : at };
  }
  const { version: _, ...state } = current?.record.version === version ? current.record : record;
  const write: RecordPut = {
    kind: "put",
    record: state,
    expectedVersion: held !== null && !expired ? lastVersion : 0,
    duplicateKey: current?.duplicateKey ?? null,
    entry: NO_ENTRY,
    change: change as RecordPut["change"],
    note,
  };
  return { write, now: at };
}

function isPresent({ record, version }: RecordVersion): boolean {
  return record.version === version;
}
