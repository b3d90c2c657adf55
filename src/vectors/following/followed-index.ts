import type { RecordStore } from "../../core/store.ts";
import type { VectorHit, VectorIndex, VectorQuery } from "../../core/vector-index.ts";
import { FeedFollower } from "./feed-follower.ts";

/** A search waits until so many records were taken in; the index is filled further while it is answered. */
const WAITED_FOR = 4_000;

interface Waiter {
  left: number;
  readonly release: () => void;
}

interface Followed {
  readonly follower: FeedFollower;
  readonly waiters: Set<Waiter>;
  /** One catches up at a time; the others wait for it and then look whether there is more. */
  queue: Promise<unknown>;
}

/**
 * A vector index that is as new as its store whenever it is searched. Only when very much is new, at first use or after an
 * import, it is searched as far as it has come.
 */
export class FollowedIndex {
  readonly index: VectorIndex;
  readonly #store: RecordStore;
  readonly #tenants = new Map<string, Followed>();

  constructor(store: RecordStore, index: VectorIndex) {
    this.#store = store;
    this.index = index;
  }

  async search(tenant: string, query: VectorQuery): Promise<VectorHit[]> {
    await this.#current(tenant);
    query.signal?.throwIfAborted();
    return this.index.search(tenant, query);
  }

  async close(): Promise<void> {
    const followed = [...this.#tenants.values()];
    for (const { follower } of followed) follower.close();
    await Promise.all(followed.map(({ queue }) => queue));
    await this.index.close();
  }

  #current(tenant: string): Promise<unknown> {
    const followed = this.#follow(tenant);
    const caughtUp = followed.queue.then(() => followed.follower.catchUp());
    // The one who asked is told of a failure; the next one tries again.
    followed.queue = caughtUp.catch(() => undefined);
    const enough = new Promise<void>((release) => {
      const waiter = { left: WAITED_FOR, release };
      followed.waiters.add(waiter);
      void followed.queue.then(() => followed.waiters.delete(waiter));
    });
    return Promise.race([caughtUp, enough]);
  }

  #follow(tenant: string): Followed {
    const known = this.#tenants.get(tenant);
    if (known) return known;
    const waiters = new Set<Waiter>();
    const onProgress = (records: number) => {
      for (const waiter of waiters) {
        waiter.left -= records;
        if (waiter.left <= 0) waiter.release();
      }
    };
    const follower = new FeedFollower({ store: this.#store, index: this.index, tenant, onProgress });
    const followed = { follower, waiters, queue: Promise.resolve() };
    this.#tenants.set(tenant, followed);
    return followed;
  }
}
