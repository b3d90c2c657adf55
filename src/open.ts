import { type Clock, systemClock } from "./core/clock.ts";
import type { Embedder } from "./core/embedder.ts";
import { ValidationError } from "./core/errors.ts";
import type { IdSource } from "./core/identifiers.ts";
import { type Logger, silentLogger } from "./core/logger.ts";
import type { RecallIndex } from "./core/recall-index.ts";
import type { Store } from "./core/store.ts";
import { loadTokenCounter } from "./core/tokens.ts";
import { embedMemory } from "./embedded/embedded.ts";
import { createPlacedIndex, INDEX_PLACES, type PlaceOptions } from "./index-place.ts";
import { createJobQueue } from "./jobs/queue.ts";
import { openJobs } from "./jobs/registry.ts";
import { createLocalRecall } from "./local-recall.ts";
import { Memory } from "./memory.ts";
import { checkOpenOptions, type OpenOptions } from "./open-options.ts";
import { createIndexer } from "./recall/indexer.ts";
import { openStores } from "./stores/registry.ts";
import { ulidSource } from "./ulid.ts";
import { createFollowingIndex } from "./vectors/following/following-index.ts";
import { openVectorIndex } from "./vectors/registry.ts";

/** Where a memory is kept when nothing is said. */
const DEFAULT_STORE = "sqlite:.memoir/memory.db";

const DEFAULT_EMBEDDING_CACHE = 1000;

/** In seconds. */
const DAY = 86_400;

/**
 * Opens a memory. Close it when you are done, or bind it with `await using`.
 *
 * @example
 * const memory = await openMemory();
 * await memory.scope({ userId: "alice" }).add("Prefers aisle seats");
 *
 * @throws ValidationError for an option that is wrong or unknown, a store nobody knows, or a package that is missing;
 * UnsupportedError when Node is too old; StoreError when the store cannot be opened.
 */
export function openMemory(options?: OpenOptions): Promise<Memory>;
export function openMemory(store: string, options?: Omit<OpenOptions, "store">): Promise<Memory>;
export async function openMemory(target: string | OpenOptions = {}, more: OpenOptions = {}): Promise<Memory> {
  const options: OpenOptions = typeof target === "string" ? { ...more, store: target } : target;
  checkOpenOptions(options ?? null);
  if (options.store !== undefined && options.longTerm !== undefined)
    throw ValidationError.of("longTerm", "says the same as store: give only one of them");
  const store = options.longTerm ?? options.store ?? DEFAULT_STORE;
  const clock = options.clock ?? systemClock;
  const ids = options.ids ?? ulidSource(clock);
  const { conversations = {} } = options;
  if (typeof store === "string" && /^https?:/i.test(store)) {
    if (options.embedder !== undefined)
      throw ValidationError.of("embedder", "is the server's choice when the memory is remote");
    for (const field of ["working", "vectors", "index", "jobs", "workers", "reranker"] as const)
      if (options[field] !== undefined)
        throw ValidationError.of(field, "is the server's choice when the memory is remote");
    const { connectMemory } = await import("./client/index.ts");
    const operations = await connectMemory(
      store,
      options.token === undefined ? {} : { token: options.token },
    );
    return new Memory({ operations, clock, ids, conversations });
  }
  const logger = options.logger ?? silentLogger;
  const opened = await openStores({ store, working: options.working }, { logger });
  try {
    return new Memory({
      operations: await embed(opened.store, { ...options, clock, ids, logger }),
      clock,
      ids,
      conversations,
    });
  } catch (error) {
    await opened.abandon();
    throw error;
  }
}

async function embed(store: Store, options: OpenOptions & { clock: Clock; ids: IdSource; logger: Logger }) {
  const { clock, ids, logger } = options;
  const embedder = options.embedder ?? (await defaultEmbedder());
  const indexer = createIndexer(embedder);
  const { recall, recallOver } = createLocalRecall({
    store,
    embedder,
    indexer,
    index: await openIndex(options, { store, embedder, indexer, logger }),
    ...(options.reranker && { reranker: options.reranker }),
    questions: await questionEmbedder(embedder, options.embeddingCache ?? DEFAULT_EMBEDDING_CACHE),
  });
  const jobs = createJobQueue({
    store: await openJobs(options.jobs, store, { logger }),
    clock,
    // Not the caller's, who foresees the ids of what is stored.
    ids: ulidSource(clock),
    logger,
  });
  return embedMemory(
    {
      jobs,
      records: store,
      sessions: store,
      indexer,
      recall,
      recallOver,
      clock,
      ids,
      logger,
      countTokens: loadTokenCounter,
      sessionTtl: options.sessionTtl ?? null,
      idempotencyTtl: options.idempotencyTtl === undefined ? DAY : options.idempotencyTtl,
      changesTtl: options.changesTtl === undefined ? 30 * DAY : options.changesTtl,
      versionsTtl: options.versionsTtl ?? null,
      versionsKept: options.versionsKept ?? null,
      autoCleanup: options.autoCleanup ?? true,
    },
    {
      workers: options.workers ?? 1,
      async close() {
        await recall.close();
        await store.close();
      },
    },
  );
}

/** @throws ValidationError for a place there is not. */
async function openIndex({ vectors, index: place }: OpenOptions, parts: PlaceOptions): Promise<RecallIndex> {
  if (place !== undefined && !INDEX_PLACES.includes(place))
    throw ValidationError.of("index", `must be one of ${INDEX_PLACES.join(", ")}`, place, "enum");
  if (place === "store" && vectors !== undefined)
    throw ValidationError.of("index", "is store, but vectors says to look elsewhere: give only one of them");
  const { store, embedder, indexer } = parts;
  const index = await openVectors(vectors, embedder);
  return index ? createFollowingIndex({ store, indexer, index }) : createPlacedIndex(place ?? "auto", parts);
}

/** An embedder that makes no vectors leaves nothing to find there. */
async function openVectors(vectors: OpenOptions["vectors"], { id, dimensions, wordsOnly }: Embedder) {
  if (vectors === undefined || wordsOnly) return null;
  const space = { embedder: id, dimensions };
  return typeof vectors === "string" ? openVectorIndex(vectors, { space }) : vectors(space);
}

async function questionEmbedder(embedder: Embedder, size: number): Promise<Embedder> {
  if (size === 0) return embedder;
  const { cacheEmbeddings } = await import("./embedders/cached.ts");
  return cacheEmbeddings(embedder, size);
}

async function defaultEmbedder(): Promise<Embedder> {
  const { createStaticEmbedder } = await import("./embedders/static.ts");
  return createStaticEmbedder();
}
