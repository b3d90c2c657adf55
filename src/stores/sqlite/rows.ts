import { FIELD_KINDS } from "../../core/filter/fields.ts";
import type { IndexEntry, IndexedRecord } from "../../core/recall-index.ts";
import type { MemoryRecord } from "../../core/record.ts";
import { fromInstantKey, type Instant, instantKey } from "../../core/time.ts";
import { COLUMNS } from "../sql/columns.ts";
import type { SqlValue } from "./driver.ts";

const FIELDS = Object.keys(COLUMNS) as (keyof typeof COLUMNS)[];

/** Names of the columns that hold a record's fields; `columnValues` has their values in the same order. */
export const COLUMN_NAMES: readonly string[] = [...Object.values(COLUMNS), "metadata"];

export function columnValues(record: MemoryRecord): SqlValue[] {
  return [...FIELDS.map((field) => columnValue(record, field)), jsonOrNull(record.metadata)];
}

function columnValue(record: MemoryRecord, field: keyof typeof COLUMNS): SqlValue {
  const value = record[field];
  if (value === null || typeof value === "number") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value !== "string") return jsonOrNull(value);
  return FIELD_KINDS[field] === "instant" ? instantKey(value) : value;
}

function jsonOrNull(value: object): string | null {
  return Object.keys(value).length === 0 ? null : JSON.stringify(value);
}

/** What `PRESENT_RECORDS` selects of a record. Accesses are counted beside the body, which stays as it was written. */
export interface PresentRow {
  readonly body: string;
  readonly last_accessed_at: string;
  readonly access_count: number;
}

export const PRESENT_COLUMNS = "v.body, r.last_accessed_at, r.access_count";

/** Present records with their bodies. CROSS JOIN keeps SQLite from starting at the versions. */
export const PRESENT_RECORDS = "records r CROSS JOIN versions v ON v.number = r.version_number";

export function presentRecord(row: PresentRow): MemoryRecord {
  return Object.assign(JSON.parse(row.body) as MemoryRecord, {
    lastAccessedAt: fromInstantKey(row.last_accessed_at),
    accessCount: row.access_count,
  });
}

/** What `INDEXED_COLUMNS` selects from `INDEXED_RECORDS`, as a tuple. */
export type IndexedRow = readonly [
  row: number,
  id: string,
  embedder: string,
  analyzer: string,
  features: Uint8Array,
  vector: Uint8Array | null,
];

export const INDEXED_COLUMNS = "r.row, r.id, e.embedder, e.analyzer, e.features, e.vector";
export const INDEXED_RECORDS = "records r CROSS JOIN entries e ON e.row = r.row";

export function indexedRecord(columns: IndexedRow): IndexedRecord {
  const [row, id, embedder, analyzer, features, vector] = columns;
  return { row, id, entry: { embedder, vector: vector && floats(vector), analyzer, features } };
}

/** The values of an index entry in the order of the columns embedder, analyzer, features, vector. */
export function entryValues({ embedder, analyzer, features, vector }: IndexEntry): SqlValue[] {
  return [embedder, analyzer, features, vector && bytes(vector)];
}

function bytes(vector: Float32Array): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}

/** The driver gives each blob a buffer of its own, so the floats lie aligned and need no copy. */
function floats(blob: Uint8Array): Float32Array {
  return new Float32Array(blob.buffer, blob.byteOffset, blob.byteLength / Float32Array.BYTES_PER_ELEMENT);
}

export function expiryKey(expiresAt: Instant | null): string | null {
  return expiresAt === null ? null : instantKey(expiresAt);
}
