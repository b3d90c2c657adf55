import { MemoirError } from "../../core/errors.ts";
import { EVERYTHING } from "../../core/filter/filter.ts";
import type { MemoryRecord } from "../../core/record.ts";
import type { ListQuery, RecordWrite, Store, WriteBatch } from "../../core/store.ts";
import type { Instant } from "../../core/time.ts";
import { START } from "../build.ts";

/** A store to verify, and how to get at it. */
export interface StoreSubject {
  /** Names the store in the output, for example `sqlite`. */
  readonly name: string;
  /** Opens a handle. Handles opened without a `reset` between them are on the same data. */
  open(): Promise<Store>;
  /** Opens a handle after every other was closed. Default: `open`. */
  reopen?(): Promise<Store>;
  /** Removes all data. No handle is open while it runs. It runs before every test. */
  reset(): Promise<void>;
  /** Runs of each property test. Default 40. */
  readonly runs?: number;
  /** Milliseconds one test may take. Default 60000. */
  readonly timeout?: number;
}

/** What a test of a store gets: a fresh store, and ways to open it again. */
export class StoreFixture {
  /** A first handle on an empty store. */
  readonly store: Store;
  readonly tenant = "acme";
  readonly runs: number;
  readonly #subject: StoreSubject;
  readonly #handles: Store[];
  #tenants = 0;

  private constructor(subject: StoreSubject, store: Store) {
    this.#subject = subject;
    this.store = store;
    this.runs = subject.runs ?? 40;
    this.#handles = [store];
  }

  static async run(subject: StoreSubject, run: (fixture: StoreFixture) => Promise<void>): Promise<void> {
    await subject.reset();
    const fixture = new StoreFixture(subject, await subject.open());
    try {
      await run(fixture);
    } finally {
      await fixture.#closeAll();
    }
  }

  /** One more handle on the same data. */
  async another(): Promise<Store> {
    const store = await this.#subject.open();
    this.#handles.push(store);
    return store;
  }

  /** Closes every handle and opens the data anew. */
  async reopen(): Promise<Store> {
    await this.#closeAll();
    const store = await (this.#subject.reopen ?? this.#subject.open)();
    this.#handles.push(store);
    return store;
  }

  /** A tenant nobody used yet, for the next run of a property. */
  freshTenant(): string {
    return `tenant-${++this.#tenants}`;
  }

  async #closeAll(): Promise<void> {
    for (const handle of this.#handles.splice(0)) await handle.close();
  }
}

/** Writes in one batch at `now`; gives the versions. */
export async function write(
  store: Store,
  tenant: string,
  writes: readonly RecordWrite[],
  now: Instant = START,
  idempotency?: WriteBatch["idempotency"],
): Promise<readonly number[]> {
  const batch: WriteBatch = { writes, now, ...(idempotency && { idempotency }) };
  return (await store.write(tenant, batch)).versions;
}

export async function readOne(
  store: Store,
  tenant: string,
  id: string,
  moment: { now?: Instant; asOf?: Instant } = {},
): Promise<MemoryRecord | null> {
  const [record] = await store.read(tenant, [id], { now: START, ...moment });
  return record ?? null;
}

/** Lists with defaults that leave nothing out. */
export function list(store: Store, tenant: string, query: Partial<ListQuery> = {}): Promise<MemoryRecord[]> {
  return store.list(tenant, { filter: EVERYTHING, now: START, order: "oldest", limit: 1000, ...query });
}

export function idsOf(items: readonly { readonly id: string }[]): string[] {
  return items.map(({ id }) => id);
}

/** `resolved`, or the code of the error; errors that are not of this package's family are thrown on. */
export async function outcome(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "resolved";
  } catch (error) {
    if (MemoirError.is(error)) return error.code;
    throw error;
  }
}
