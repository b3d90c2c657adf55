import { ChangesForgottenError } from "../../core/errors.ts";
import type { IndexedRecord } from "../../core/recall-index.ts";
import type { RecordStore } from "../../core/store.ts";
import { FIRST_INSTANT } from "../../core/time.ts";
import type { VectorIndex, VectorItem, VectorPosition } from "../../core/vector-index.ts";

/** Records read from the store, and written to the index, at once. */
const PAGE = 400;
const CHANGES_PAGE = 1000;

export interface FeedFollowerOptions {
  readonly store: RecordStore;
  readonly index: VectorIndex;
  readonly tenant: string;
  /** Told how many records the index has taken in since the last time. */
  readonly onProgress?: (records: number) => void;
}

/**
 * Keeps a vector index in step with the feed of one tenant. Other processes may do the same with the same index at the same
 * time: each goes on from the place it has itself reached, so an older vector that it wrote late is replaced when it comes to
 * the later change.
 */
export class FeedFollower {
  readonly #options: FeedFollowerOptions;
  #position: VectorPosition | null = null;
  /** Records that have no vector of this space yet: it comes later, and no change tells of it. */
  readonly #waiting = new Set<string>();
  /** True while the position that the index keeps is behind, because records wait. */
  #held = false;
  #closed = false;

  constructor(options: FeedFollowerOptions) {
    this.#options = options;
  }

  /** Ends work that is going on after its present step. */
  close(): void {
    this.#closed = true;
  }

  /** Takes in every change that was made before the call. One call at a time. */
  async catchUp(): Promise<void> {
    const { store, tenant } = this.#options;
    const last = await store.lastSequence(tenant);
    const known = this.#position ?? (await this.#options.index.position(tenant));
    // Ahead of its store, it was filled from another one, or from this one before it was set back.
    this.#position = known && known.sequence <= last ? known : await this.#beginAnew(last);
    if (this.#position.afterRow !== null) await this.#fill();
    if (!this.#closed && last > this.#position.sequence)
      await this.#follow().catch((error) => this.#fillWhenBehind(error, last));
    await this.#askForVectors();
  }

  async #beginAnew(sequence: number): Promise<VectorPosition> {
    const { index, tenant } = this.#options;
    const position = { sequence, afterRow: 0 };
    await index.clear(tenant);
    await index.setPosition(tenant, position);
    return position;
  }

  /** The feed does not reach back to the place of this follower. */
  async #fillWhenBehind(error: unknown, last: number): Promise<void> {
    if (!(error instanceof ChangesForgottenError)) throw error;
    const { index, tenant } = this.#options;
    const kept = await index.position(tenant);
    // When others have kept the index in step it has nothing that must go, and they may go on searching it.
    const inStep = kept?.afterRow === null && kept.sequence >= Number(error.details["forgotten"]);
    this.#position = inStep ? { sequence: last, afterRow: 0 } : await this.#beginAnew(last);
    this.#waiting.clear();
    await this.#fill();
  }

  /** Changes made meanwhile are read again afterwards: taking in a record twice does no harm. */
  async #fill(): Promise<void> {
    const { store, tenant } = this.#options;
    while (!this.#closed && this.#position && this.#position.afterRow !== null) {
      const { sequence, afterRow } = this.#position;
      const page = await store.indexed(tenant, { afterRow, limit: PAGE });
      await this.#take(page);
      const end = page.length < PAGE ? null : (page.at(-1)?.row ?? null);
      await this.#moveTo({ sequence, afterRow: end });
    }
  }

  async #follow(): Promise<void> {
    const { store, tenant } = this.#options;
    while (!this.#closed && this.#position) {
      const changes = await store.changes(tenant, { after: this.#position.sequence, limit: CHANGES_PAGE });
      const ids = new Set(changes.filter(({ kind }) => kind === "record").map(({ id }) => id));
      for (const some of pagesOf([...ids])) await this.#renew(some);
      const end = changes.at(-1);
      if (end) await this.#moveTo({ sequence: end.sequence, afterRow: null });
      if (changes.length < CHANGES_PAGE) return;
    }
  }

  /** Asks for the vectors that are waited for longest, and goes on as long as they have come. */
  async #askForVectors(): Promise<void> {
    while (!this.#closed && this.#waiting.size > 0) {
      const some = [...this.#waiting].slice(0, PAGE);
      await this.#renew(some);
      const missing = some.filter((id) => this.#waiting.has(id));
      for (const id of missing) {
        this.#waiting.delete(id);
        this.#waiting.add(id);
      }
      if (missing.length > 0) return;
    }
    if (this.#position && this.#waiting.size === 0 && this.#held) await this.#moveTo(this.#position);
  }

  /** After a restart nobody knows who waited, so the place that is kept stays before the first of them. */
  async #moveTo(position: VectorPosition): Promise<void> {
    this.#position = position;
    this.#held = this.#waiting.size > 0;
    if (!this.#held) await this.#options.index.setPosition(this.#options.tenant, position);
  }

  async #renew(ids: readonly string[]): Promise<void> {
    const { store, index, tenant } = this.#options;
    const items = await store.indexedById(tenant, ids);
    const found = new Set(items.map(({ id }) => id));
    const gone = ids.filter((id) => !found.has(id));
    for (const id of gone) this.#waiting.delete(id);
    if (gone.length > 0) await index.remove(tenant, gone);
    await this.#take(items);
  }

  async #take(items: readonly IndexedRecord[]): Promise<void> {
    const { index, tenant, onProgress } = this.#options;
    const { embedder, dimensions } = index.space;
    const ready = new Map<string, Float32Array>();
    const meaningless: string[] = [];
    for (const { id, entry } of items) {
      const { vector } = entry;
      const fits = vector !== null && entry.embedder === embedder && vector.length === dimensions;
      if (fits) this.#waiting.delete(id);
      else this.#waiting.add(id);
      if (!fits) continue;
      // A text that the embedder cannot read has the zero vector, which is near to nothing.
      if (vector.every((value) => value === 0)) meaningless.push(id);
      else ready.set(id, vector);
    }
    if (meaningless.length > 0) await index.remove(tenant, meaningless);
    const found = await this.#withLabels(ready);
    if (found.length > 0) await index.upsert(tenant, found);
    onProgress?.(items.length);
  }

  /** What has been deleted or merged since is left out: a change will tell of it. */
  async #withLabels(vectors: ReadonlyMap<string, Float32Array>): Promise<VectorItem[]> {
    if (vectors.size === 0) return [];
    const { store, tenant } = this.#options;
    const records = await store.read(tenant, [...vectors.keys()], { now: FIRST_INSTANT });
    return records.flatMap((record) => {
      const vector = record && vectors.get(record.id);
      if (!vector) return [];
      const { id, type, namespace, userId, agentId, sessionId } = record;
      return [{ id, type, namespace, userId, agentId, sessionId, vector }];
    });
  }
}

function* pagesOf(ids: readonly string[]): Iterable<string[]> {
  for (let from = 0; from < ids.length; from += PAGE) yield ids.slice(from, from + PAGE);
}
