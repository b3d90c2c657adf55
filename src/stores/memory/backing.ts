import type { Job } from "../../core/jobs.ts";
import type { JsonValue } from "../../core/json.ts";
import type { IndexEntry } from "../../core/recall-index.ts";
import type { MemoryRecord, RecordVersion } from "../../core/record.ts";
import type { SessionRest } from "../../core/session/operations.ts";
import type { Message, SessionKey } from "../../core/session/state.ts";
import type { Change } from "../../core/store.ts";
import type { Instant } from "../../core/time.ts";

/** What several handles share: the data itself. Opaque to callers. */
export interface MemoryBacking {
  readonly tenants: Map<string, TenantData>;
  /** Last numbers given out, over all tenants. */
  readonly counters: { sequence: number; row: number };
  readonly jobs: JobData;
}

export interface JobData {
  /** In the order they came. */
  readonly jobs: Map<string, KeptJob>;
  /** Last tick of each schedule. */
  readonly ticks: Map<string, Instant>;
}

/** A job and who has it. */
export interface KeptJob extends Omit<Job, "state"> {
  readonly lease: { readonly name: string; readonly until: Instant } | null;
  readonly dead: boolean;
}

/** An empty backing; every `createMemoryStore(backing)` on it is one more handle on the same data. */
export function createBacking(): MemoryBacking {
  return {
    tenants: new Map(),
    counters: { sequence: 0, row: 0 },
    jobs: { jobs: new Map(), ticks: new Map() },
  };
}

export interface Row {
  readonly row: number;
  readonly record: MemoryRecord;
  readonly entry: IndexEntry;
  readonly duplicateKey: string | null;
}

/** A version, and whether the record was there after it: a merge may keep a record or remove it. */
export interface StoredVersion {
  readonly version: RecordVersion;
  readonly present: boolean;
}

/** Where an id leads from an instant on; a null target ends an alias. */
export interface AliasChange {
  readonly target: string | null;
  readonly at: Instant;
}

export interface StoredSession {
  readonly key: SessionKey;
  readonly rest: SessionRest;
  /** In appended order. */
  readonly messages: readonly Message[];
}

export interface KeptAnswer {
  readonly fingerprint: string;
  readonly result: JsonValue;
  readonly at: Instant;
}

export interface TenantData {
  /** Present records by id, expired ones included until they are removed. */
  readonly rows: Map<string, Row>;
  /** Id of the record that has a duplicate key. */
  readonly duplicates: Map<string, string>;
  readonly history: Map<string, readonly StoredVersion[]>;
  /** Last version of every id there ever was; survives erasure. */
  readonly lastVersions: Map<string, number>;
  readonly aliases: Map<string, readonly AliasChange[]>;
  /** What each idempotency key was answered with. */
  readonly answers: Map<string, KeptAnswer>;
  readonly changes: Change[];
  /** What of the feed is no longer there. */
  readonly forgotten: { upTo: number };
  /** How far the feed of each other store was taken. */
  readonly positions: Map<string, number>;
  /** By encoded session key. */
  readonly sessions: Map<string, StoredSession>;
}

const NOTHING: TenantData = emptyTenant();

/** A tenant's data for reading; a tenant nobody wrote to is not created by it. */
export function tenantOf(backing: MemoryBacking, tenant: string): TenantData {
  return backing.tenants.get(tenant) ?? NOTHING;
}

/** A tenant's data for writing. */
export function tenantForWriting(backing: MemoryBacking, tenant: string): TenantData {
  const found = backing.tenants.get(tenant);
  if (found) return found;
  const created = emptyTenant();
  backing.tenants.set(tenant, created);
  return created;
}

function emptyTenant(): TenantData {
  return {
    rows: new Map(),
    duplicates: new Map(),
    history: new Map(),
    lastVersions: new Map(),
    aliases: new Map(),
    answers: new Map(),
    changes: [],
    forgotten: { upTo: 0 },
    positions: new Map(),
    sessions: new Map(),
  };
}
/** Tenants that have changed anything: a refused first write makes no tenant. */
export function tenantNames(backing: MemoryBacking): string[] {
  return [...backing.tenants].filter(([, data]) => data.changes.length > 0).map(([name]) => name);
}
