import type { Embedder } from "./core/embedder.ts";
import { UnsupportedError, ValidationError } from "./core/errors.ts";
import { EVERYTHING, type FilterNode } from "./core/filter/filter.ts";
import type { Logger } from "./core/logger.ts";
import type { Indexer, RecallIndex } from "./core/recall-index.ts";
import { encodeKey, type ResolvedScope } from "./core/scope.ts";
import type { Store } from "./core/store.ts";
import { createFollowingIndex } from "./vectors/following/following-index.ts";
import { createInStoreIndex } from "./vectors/in-store/in-store-index.ts";
import { createLocalIndex } from "./vectors/local/local-index.ts";

/** Where records are looked for: wherever it is quicker, in this process, or inside the store. */
export type IndexPlace = "auto" | "process" | "store";
export const INDEX_PLACES: readonly IndexPlace[] = ["auto", "process", "store"];

/** Records of a scope up to which an index in this process is quicker: some hundred megabytes of memory. */
export const PROCESS_UP_TO = 50_000;

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
    return await openInStore(local, options);
  } catch (error) {
    if (error instanceof UnsupportedError)
      throw ValidationError.of("index", `cannot be store: ${error.message}`);
    throw error;
  }
}

/** @throws UnsupportedError when the server cannot. */
async function openInStore(
  local: RecallIndex,
  { store, embedder, indexer }: PlaceOptions,
): Promise<RecallIndex> {
  const { id, dimensions } = embedder;
  const opened = await store.openIndex?.({ embedder: id, dimensions });
  if (!opened) throw new UnsupportedError(`${store.name} finds nothing by itself.`);
  const index =
    opened.finds === "meaning"
      ? createFollowingIndex({ store, indexer, index: opened.vectors })
      : createInStoreIndex({ candidates: opened.candidates, embedder, store, indexer, everything: local });
  return {
    view: (request) => index.view(request),
    async close() {
      await index.close();
      await local.close();
    },
  };
}

/** Small scopes in this process, large ones in the store, when it can. */
function chosenBySize(local: RecallIndex, options: PlaceOptions): RecallIndex {
  const { store, logger, processUpTo = PROCESS_UP_TO } = options;
  /** Whether what is loaded for a scope, all of a user or of a tenant, is large. */
  const large = new Map<string, boolean>();
  let opening: Promise<RecallIndex | null> | null = null;

  /** Null when the server cannot, which is said once. A failure is told to who asked; the next one tries again. */
  async function inStore(): Promise<RecallIndex | null> {
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

  async function isLarge(
    key: string,
    scope: ResolvedScope,
    now: Parameters<Store["rows"]>[2],
  ): Promise<boolean> {
    const known = large.get(key);
    if (known !== undefined) return known;
    if (large.size >= REMEMBERED) large.clear();
    const found = (await store.count(scope.tenant, { filter: ofUser(scope.userId), now })) > processUpTo;
    large.set(key, found);
    return found;
  }

  return {
    async view(request) {
      const { scope, now } = request;
      const key = encodeKey([scope.tenant, scope.userId]);
      const index = (await isLarge(key, scope, now)) ? await inStore() : null;
      const view = await (index ?? local).view(request);
      if (!index && view.size > processUpTo) large.set(key, true);
      return view;
    },
    async close() {
      const opened = await opening?.catch(() => null);
      await (opened ?? local).close();
    },
  };
}

function ofUser(userId: string | null): FilterNode {
  if (userId === null) return EVERYTHING;
  return { form: "some", field: { name: "userId", kind: "text", path: [] }, values: [userId] };
}
