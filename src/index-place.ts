import type { Embedder } from "./core/embedder.ts";
import { UnsupportedError, ValidationError } from "./core/errors.ts";
import { EVERYTHING, type FilterNode } from "./core/filter/filter.ts";
import type { Logger } from "./core/logger.ts";
import type { Indexer, RecallIndex, RecallViewRequest } from "./core/recall-index.ts";
import { encodeKey } from "./core/scope.ts";
import type { Store } from "./core/store.ts";
import { createFollowingIndex } from "./vectors/following/following-index.ts";
import { createInStoreIndex } from "./vectors/in-store/in-store-index.ts";
import { createLocalIndex } from "./vectors/local/local-index.ts";

/** Where records are looked for: wherever it is quicker, in this process, or inside the store. */
export type IndexPlace = "auto" | "process" | "store";
export const INDEX_PLACES: readonly IndexPlace[] = ["auto", "process", "store"];

/** Records of a scope up to which an index in this process is quicker: some hundred megabytes of memory. */
export const PROCESS_UP_TO = 50_000;

/**
 * While the store takes in a large scope, which happens once, scopes of up to so many times as many records are searched in
 * this process: whoever's scope grows must not wait. For larger ones there is no way but to wait.
 */
const MEANWHILE = 4;

/** Sizes that are remembered before they are asked for again. */
const REMEMBERED = 10_000;

export interface PlaceOptions {
  readonly store: Store;
  readonly embedder: Embedder;
  readonly indexer: Indexer;
  readonly logger: Logger;
  /** Default `PROCESS_UP_TO`. */
  readonly processUpTo?: number;
}

/**
 * The index in the place that was asked for.
 * @throws ValidationError when it is to be in a store that finds nothing by itself, or not on this server.
 */
export async function createPlacedIndex(place: IndexPlace, options: PlaceOptions): Promise<RecallIndex> {
  const { store } = options;
  const local = createLocalIndex(options);
  const byItself = store.openIndex && !store.indexOnRequest;
  if (place === "process" || (place === "auto" && !byItself)) return local;
  if (place === "auto") return chosenBySize(local, options);
  if (!store.openIndex)
    throw ValidationError.of("index", `cannot be store: ${store.name} finds nothing by itself; use process`);
  try {
    return (await openInStore(local, options)).index;
  } catch (error) {
    if (error instanceof UnsupportedError)
      throw ValidationError.of("index", `cannot be store: ${error.message}`);
    throw error;
  }
}

interface InStore {
  readonly index: RecallIndex;
  /** Whether the tenant is searched there without a wait. */
  readonly prepared: (tenant: string) => Promise<boolean>;
}

/** @throws UnsupportedError when the server cannot. */
async function openInStore(local: RecallIndex, { store, embedder, indexer }: PlaceOptions): Promise<InStore> {
  const { id, dimensions } = embedder;
  const opened = await store.openIndex?.({ embedder: id, dimensions });
  if (!opened) throw new UnsupportedError(`${store.name} finds nothing by itself.`);
  const index =
    opened.finds === "meaning"
      ? createFollowingIndex({ store, indexer, index: opened.vectors })
      : createInStoreIndex({ candidates: opened.candidates, embedder, store, indexer, everything: local });
  const candidates = opened.finds === "candidates" ? opened.candidates : null;
  return {
    index: {
      view: (request) => index.view(request),
      async close() {
        await index.close();
        await local.close();
      },
    },
    prepared: async (tenant) => (await candidates?.prepared?.(tenant)) ?? true,
  };
}

/** Small scopes in this process, large ones in the store, when it can. */
function chosenBySize(local: RecallIndex, options: PlaceOptions): RecallIndex {
  const { store, logger, processUpTo = PROCESS_UP_TO } = options;
  /** How much would be loaded for a scope, all of a user or of a tenant: as much at least, when it was last looked at. */
  const sizes = new Map<string, number>();
  /** Tenants that the store has taken in. */
  const prepared = new Set<string>();
  let opening: Promise<InStore | null> | null = null;

  /** Null when the server cannot, which is said once. A failure is told to who asked; the next one tries again. */
  async function opened(): Promise<InStore | null> {
    opening ??= openInStore(local, options).catch((error: unknown) => {
      if (!(error instanceof UnsupportedError)) {
        opening = null;
        throw error;
      }
      logger.warn({ reason: error.message }, "large scopes are searched in this process");
      return null;
    });
    return opening;
  }

  async function sizeOf(
    key: string,
    { scope, now }: Pick<RecallViewRequest, "scope" | "now">,
  ): Promise<number> {
    const known = sizes.get(key);
    if (known !== undefined) return known;
    if (sizes.size >= REMEMBERED) sizes.clear();
    const size = await store.count(scope.tenant, { filter: ofUser(scope.userId), now });
    sizes.set(key, size);
    return size;
  }

  async function placeFor(tenant: string, size: number): Promise<RecallIndex> {
    if (size <= processUpTo) return local;
    const inStore = await opened();
    if (!inStore) return local;
    if (!prepared.has(tenant) && size <= processUpTo * MEANWHILE) {
      if (!(await inStore.prepared(tenant))) return local;
      prepared.add(tenant);
    }
    return inStore.index;
  }

  return {
    async view(request) {
      const { tenant, userId } = request.scope;
      const key = encodeKey([tenant, userId]);
      const size = await sizeOf(key, request);
      const view = await (await placeFor(tenant, size)).view(request);
      if (view.size > size) sizes.set(key, view.size);
      return view;
    },
    async close() {
      const inStore = await opening?.catch(() => null);
      await (inStore?.index ?? local).close();
    },
  };
}

function ofUser(userId: string | null): FilterNode {
  if (userId === null) return EVERYTHING;
  return { form: "some", field: { name: "userId", kind: "text", path: [] }, values: [userId] };
}
