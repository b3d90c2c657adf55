import { ChangesForgottenError, ConflictError } from "../core/errors.ts";
import { encodeSessionKey, type SessionKey } from "../core/session/state.ts";
import type { Alias, Change, IdPage, Store } from "../core/store.ts";
import { formatMilliseconds, type Instant } from "../core/time.ts";
import { copyRecord } from "./records.ts";
import { allSessions, copySession } from "./sessions.ts";

export interface MigrationOptions {
  readonly from: Store;
  readonly to: Store;
  /** Names the source, so that a migration that was interrupted goes on where it was. */
  readonly name: string;
  readonly signal: AbortSignal;
  /** Told how many changes of the source have been taken over. */
  readonly onProgress?: (changes: number) => void;
}

/** Where the target keeps how far the feed of each source was followed: beside the users' tenants. */
const MIGRATIONS = "migrations of memoir";

const PAGE = 500;
/** Ids copied side by side: enough to hide the way to a server. */
const SIDE_BY_SIDE = 8;

/**
 * Copies what the source's change feed tells of every tenant, until it tells no more: records with their histories,
 * aliases and sessions. The source stays in use meanwhile. Calling again goes on from there, and copying twice changes
 * nothing.
 * @returns how many changes were taken over.
 */
export async function copyChanges(options: MigrationOptions): Promise<number> {
  let taken = 0;
  for (const tenant of await tenantsOf(options.from)) {
    let after = await position(options, tenant);
    for (;;) {
      options.signal.throwIfAborted();
      const page = await nextPage(options, tenant, after);
      if (page === null) break;
      const { changes, sequence } = page;
      await copyPage(options, tenant, changes);
      after = sequence;
      await keepPosition(options, tenant, after);
      taken += changes.length;
      options.onProgress?.(taken);
    }
  }
  return taken;
}

interface Page {
  readonly changes: readonly Changed[];
  /** Where to go on when they are copied. */
  readonly sequence: number;
}

/** What is copied of a change: what it says of its record or session is read anew. */
type Changed = Pick<Change, "kind" | "id" | "namespace" | "userId">;

/** What changed next; when the source has forgotten it, everything there is. Null at the end. */
async function nextPage(options: MigrationOptions, tenant: string, after: number): Promise<Page | null> {
  try {
    const changes = await options.from.changes(tenant, { after, limit: PAGE });
    const last = changes.at(-1);
    return last ? { changes, sequence: last.sequence } : null;
  } catch (error) {
    if (!(error instanceof ChangesForgottenError)) throw error;
    const { sequence } = error;
    return { changes: await everything(options, tenant, after), sequence };
  }
}

/** All records and sessions there are or were, as if each had changed. */
async function everything(
  { from, to }: MigrationOptions,
  tenant: string,
  after: number,
): Promise<readonly Changed[]> {
  const records: Changed[] = [];
  let cursor: string | null = null;
  do {
    const page: IdPage = await from.ids(tenant, { cursor, limit: 1000 });
    for (const id of page.ids) records.push({ kind: "record", id, namespace: null, userId: null });
    cursor = page.cursor;
  } while (cursor !== null);
  const sessions = await allSessions(from, tenant, present());
  // Of a session that went nothing is left to tell. The target has it from here, unless it has sessions from elsewhere too.
  const old = after > 0 && (await isOnlySource(to)) ? await allSessions(to, tenant, present()) : [];
  return [
    ...records,
    ...[...sessions, ...old].map(
      ({ sessionId, namespace, userId }): Changed => ({ kind: "session", id: sessionId, namespace, userId }),
    ),
  ];
}

/** Whether no other store was ever copied to the target. */
async function isOnlySource(to: Store): Promise<boolean> {
  return (await to.listSessions(MIGRATIONS, { now: present(), limit: 1, offset: 0 })).total <= 1;
}

/** Copies the aliases that hold; the change feed does not tell of those of ids that never were records. */
export async function copyAliases({ from, to, signal }: MigrationOptions): Promise<void> {
  for (const tenant of await tenantsOf(from)) {
    const present = new Map((await allAliases(to, tenant)).map((alias) => [alias.id, alias.target]));
    const missing = (await allAliases(from, tenant)).filter(({ id, target }) => present.get(id) !== target);
    await sideBySide(missing, async ({ id, target, at }) => {
      signal.throwIfAborted();
      await to.write(tenant, { writes: [{ kind: "alias", id, target }], now: at });
    });
  }
}

/** The tenants of a store, without our own. */
export async function tenantsOf(store: Store): Promise<string[]> {
  return (await store.tenants()).filter((tenant) => tenant !== MIGRATIONS);
}

export async function allAliases(store: Store, tenant: string): Promise<Alias[]> {
  const found = new Map<string, Alias>();
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<Store["aliases"]>> = await store.aliases(tenant, { cursor, limit: 1000 });
    for (const alias of page.aliases) found.set(alias.id, alias);
    cursor = page.cursor;
  } while (cursor !== null);
  return [...found.values()];
}

/** Does the work for every item, several at a time. */
export async function sideBySide<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const left = items.values();
  const worker = async () => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, worker));
}

export function present(): Instant {
  return formatMilliseconds(Date.now());
}

async function copyPage(
  options: MigrationOptions,
  tenant: string,
  changes: readonly Changed[],
): Promise<void> {
  const { from, to, signal } = options;
  let ids = [...new Set(changes.filter(({ kind }) => kind === "record").map(({ id }) => id))];
  // Two records may have handed a duplicate key from one to the other: the one that still has it here comes first.
  for (let round = 0; ids.length > 0; round++) {
    const again: string[] = [];
    await sideBySide(ids, async (id) => {
      signal.throwIfAborted();
      try {
        await copyRecord(from, to, tenant, id, present());
      } catch (error) {
        if (!(error instanceof ConflictError) || round === 2) throw error;
        again.push(id, ...holderOf(error));
      }
    });
    ids = [...new Set(again.reverse())];
  }
  const sessions = new Map(
    changes
      .filter(({ kind }) => kind === "session")
      .map(({ namespace, userId, id }): SessionKey => ({ tenant, namespace, userId, sessionId: id }))
      .map((key) => [encodeSessionKey(key), key]),
  );
  await sideBySide([...sessions.values()], async (key) => {
    signal.throwIfAborted();
    await copySession(from, to, key, present());
  });
}

/** The id of the record that is in the way. */
function holderOf(error: ConflictError): string[] {
  const { duplicate } = error.details;
  return typeof duplicate === "string" ? [duplicate] : [];
}

function positionKey(name: string): SessionKey {
  return { tenant: MIGRATIONS, namespace: null, userId: null, sessionId: name };
}

async function position({ to, name }: MigrationOptions, tenant: string): Promise<number> {
  const state = await to.readSession(positionKey(name), { now: present(), newest: 0 });
  const kept = state && Object.hasOwn(state.data, tenant) ? state.data[tenant] : 0;
  return typeof kept === "number" ? kept : 0;
}

async function keepPosition({ to, name }: MigrationOptions, tenant: string, after: number): Promise<void> {
  const values = Object.fromEntries([[tenant, after]]);
  await to.writeSession(positionKey(name), {
    operations: [{ operation: "setData", values }],
    now: present(),
  });
}
