import type { Embedder } from "../../core/embedder.ts";
import { ChangesForgottenError } from "../../core/errors.ts";
import { PackedFeatures, readGroup } from "../../core/features.ts";
import type { IndexedRecord, Indexer } from "../../core/recall-index.ts";
import type { RecordStore } from "../../core/store.ts";
import { analysed } from "./analysed.ts";
import { Pace } from "./pace.ts";
import { Partition, type PartitionOptions } from "./partition.ts";
import { Selections } from "./selections.ts";

/** Rows read from the store at once: few enough that taking them in does not hold the event loop. */
const PAGE = 400;
const CHANGES_PAGE = 1000;

/** Who has read so many probably reads as many again, and more. */
const MANY = 5 * PAGE;

/** With more dead slots than living ones, and at least so many, a partition is read anew. */
const DEAD_ALLOWED = 1000;

interface FollowedOptions {
  readonly store: RecordStore;
  /** Vectors of other embedders are left out. */
  readonly embedder: Pick<Embedder, "id" | "dimensions">;
  /** Makes anew what another analyser made. */
  readonly indexer: Pick<Indexer, "analyzer" | "features">;
  readonly partition: PartitionOptions;
  readonly tenant: string;
  /** Left out: all users' records, and those of no user. */
  readonly userId?: string;
}

/** A partition that is as new as its store whenever it is asked for. */
export class FollowedPartition {
  readonly #options: FollowedOptions;
  #selections: Selections;
  /** The last change that is in the partition; -1 before it was read. */
  #sequence = -1;
  /** One catches up at a time; the others wait for it and then look whether there is more. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: FollowedOptions) {
    this.#options = options;
    this.#selections = new Selections(new Partition(options.embedder, options.partition));
  }

  get #partition(): Partition {
    return this.#selections.partition;
  }

  /** Records held, dead ones included. */
  get size(): number {
    return this.#partition.length;
  }

  /** The selections of the partition, with every change that was made before the call. */
  current(): Promise<Selections> {
    const caughtUp = this.#queue.then(() => this.#catchUp());
    // The one who asked is told of a failure; the next one tries again.
    this.#queue = caughtUp.catch(() => undefined);
    return caughtUp;
  }

  async #catchUp(): Promise<Selections> {
    const { store, tenant } = this.#options;
    const last = await store.lastSequence(tenant);
    const { dead, size } = this.#partition;
    if (this.#sequence < 0 || (dead > DEAD_ALLOWED && dead > size)) await this.#load(last);
    else if (last > this.#sequence) await this.#follow().catch((error) => this.#loadWhenBehind(error, last));
    await this.#askForVectors();
    return this.#selections;
  }

  /** Changes made while reading are read again afterwards: taking in a record twice does no harm. */
  async #load(last: number): Promise<void> {
    const { store, tenant, userId, embedder, partition: options } = this.#options;
    const partition = new Partition(embedder, options);
    const pace = new Pace();
    let done: readonly IndexedRecord[] = [];
    for (let afterRow = 0; ; ) {
      const page = await store.indexed(tenant, {
        afterRow,
        limit: PAGE,
        readsOn: partition.length >= MANY,
        done,
        ...(userId !== undefined && { userId }),
      });
      for (const item of await analysed(this.#options, tenant, page)) {
        partition.put(item);
        if (pace.due) await pace.rest();
      }
      const end = page.at(-1);
      if (!end || page.length < PAGE) break;
      afterRow = end.row;
      done = page;
    }
    this.#selections = new Selections(partition);
    this.#sequence = last;
  }

  /** The feed does not reach back to what is in the partition. */
  async #loadWhenBehind(error: unknown, last: number): Promise<void> {
    if (!(error instanceof ChangesForgottenError)) throw error;
    await this.#load(last);
  }

  async #follow(): Promise<void> {
    const { store, tenant, userId } = this.#options;
    for (;;) {
      const changes = await store.changes(tenant, { after: this.#sequence, limit: CHANGES_PAGE });
      const ids = new Set<string>();
      for (const change of changes) {
        if (change.kind !== "record") continue;
        const ours = userId === undefined || change.userId === userId || this.#partition.has(change.id);
        if (ours) ids.add(change.id);
      }
      await this.#renew([...ids]);
      this.#sequence = changes.at(-1)?.sequence ?? this.#sequence;
      if (changes.length < CHANGES_PAGE) return;
    }
  }

  /**
   * Vectors come later when a model was slow or was changed, and no change tells of it. Asks for the ones that wait longest,
   * and goes on as long as they have come.
   */
  async #askForVectors(): Promise<void> {
    for (;;) {
      const { withoutVector } = this.#partition;
      const some = [...take(withoutVector, PAGE)];
      if (some.length === 0) return;
      await this.#renew(some, true);
      if (some.some((id) => withoutVector.has(id))) return;
    }
  }

  async #renew(ids: readonly string[], onlyWithVector = false): Promise<void> {
    const { store, tenant, embedder } = this.#options;
    const pace = new Pace();
    for (let from = 0; from < ids.length; from += PAGE) {
      const some = ids.slice(from, from + PAGE);
      const found = await analysed(this.#options, tenant, await store.indexedById(tenant, some));
      const items = new Map(found.map((item) => [item.id, item] as const));
      for (const id of some) {
        const item = items.get(id);
        const unready = item && (item.entry.vector === null || item.entry.embedder !== embedder.id);
        if (onlyWithVector && unready) {
          this.#partition.waitAgain(id);
          continue;
        }
        if (item && this.#isOurs(item)) this.#partition.put(item);
        else this.#partition.remove(id);
        if (pace.due) await pace.rest();
      }
    }
  }

  #isOurs({ entry }: IndexedRecord): boolean {
    const { userId } = this.#options;
    return userId === undefined || readGroup(new PackedFeatures(entry.features).group).userId === userId;
  }
}

function* take<T>(items: Iterable<T>, count: number): Iterable<T> {
  let taken = 0;
  for (const item of items) {
    if (taken++ === count) return;
    yield item;
  }
}
