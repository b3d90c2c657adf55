import { type ConversationOptions, checkConversationOptions } from "./conversation-options.ts";
import type { Clock } from "./core/clock.ts";
import type { Embedder } from "./core/embedder.ts";
import { ValidationError } from "./core/errors.ts";
import type { IdSource } from "./core/identifiers.ts";
import type { JobStore } from "./core/job-store.ts";
import { knownNames } from "./core/known-names.ts";
import type { Logger } from "./core/logger.ts";
import { checkSeconds, checkWholeNumber } from "./core/option-values.ts";
import type { Reranker } from "./core/reranker.ts";
import type { Store } from "./core/store.ts";
import type { VectorIndex, VectorSpace } from "./core/vector-index.ts";
import type { IndexPlace } from "./index-place.ts";

/** What a memory is opened with. */
export interface OpenOptions {
  /**
   * `sqlite:PATH` (default `sqlite:.memoir/memory.db`), `memory:`, `redis://…`, `postgres://…`, `pglite:FOLDER`, `http://…`
   * or `https://…` for a remote server, `module:NAME` for a store of somebody else's, or a store that is open already.
   */
  readonly store?: string | Store;
  /** Keeps sessions, as a URL or an open store; the rest stays in `store`. Default: everything is in `store`. */
  readonly working?: string | Store;
  /** Another name for `store`, to go with `working`. */
  readonly longTerm?: string | Store;
  /**
   * Where background jobs are kept: `redis://…`, `postgres://…`, `sqlite:PATH`, `memory:`, `module:NAME`, or an engine that is
   * open already. Default: with the records, in Redis by the package `bullmq`, in PostgreSQL by `pg-boss`.
   */
  readonly jobs?: string | JobStore;
  /** Background jobs done side by side in this process. Default 1; 0 leaves them to other processes. */
  readonly workers?: number;
  /** Default: the built-in static table. Remote memories embed on the server and take none. */
  readonly embedder?: Embedder;
  /** Looks at the 50 best hits of a hybrid search again. Default: none. */
  readonly reranker?: Reranker;
  /** How many vectors of questions are kept, so that asking again needs no model; 0 for none. Default 1000. */
  readonly embeddingCache?: number;
  /** Seconds a session lives after its last write that was begun without a time to live; null for ever. Default null. */
  readonly sessionTtl?: number | null;
  /** What holds for conversations where a call does not say. */
  readonly conversations?: ConversationOptions;
  /**
   * Seconds in which a write repeated with its idempotency key gives the first answer again; null for ever. After them the
   * key is new. Default 86,400, a day.
   */
  readonly idempotencyTtl?: number | null;
  /**
   * Seconds the change feed reaches back; null for ever. Who follows it from an earlier place is told so by a
   * ChangesForgottenError, and indexes and copies are made anew. Default 2,592,000, thirty days.
   */
  readonly changesTtl?: number | null;
  /**
   * Seconds for which histories and questions about the past (`asOf`) reach back; null for ever. The current version of a record
   * always stays, and so does the one before a removal. Default null.
   */
  readonly versionsTtl?: number | null;
  /** How many of the newest versions of a record stay, whatever `versionsTtl` says; null for all. Default null. */
  readonly versionsKept?: number | null;
  /**
   * Removes what has expired from time to time. False where another process does; what has expired is in no answer either
   * way. Default true.
   */
  readonly autoCleanup?: boolean;
  /**
   * Finds by meaning in place of the index in this process, for scopes that are too large for it: a URL such as
   * `qdrant://HOST:PORT/COLLECTION`, or what opens an index for the space of the embedder.
   */
  readonly vectors?: string | ((space: VectorSpace) => Promise<VectorIndex>);
  /**
   * Where records are looked for: `process` keeps an index in memory, `store` lets the store's engine find the candidates,
   * `auto` keeps scopes of up to 50,000 records in memory and leaves larger ones to the store, when it can. Default `auto`.
   */
  readonly index?: IndexPlace;
  /** Credential for a remote server. */
  readonly token?: string;
  readonly clock?: Clock;
  readonly ids?: IdSource;
  readonly logger?: Logger;
}

const checkNames = knownNames<OpenOptions>("options", {
  store: true,
  working: true,
  longTerm: true,
  jobs: true,
  workers: true,
  embedder: true,
  reranker: true,
  embeddingCache: true,
  sessionTtl: true,
  conversations: true,
  idempotencyTtl: true,
  changesTtl: true,
  versionsTtl: true,
  versionsKept: true,
  autoCleanup: true,
  vectors: true,
  index: true,
  token: true,
  clock: true,
  ids: true,
  logger: true,
});

/**
 * Checks what a memory is opened with, before anything is opened.
 * @throws ValidationError naming the option.
 */
export function checkOpenOptions(options: OpenOptions): void {
  checkNames(options);
  const { workers, embeddingCache, sessionTtl, autoCleanup, embedder, reranker } = options;
  checkWholeNumber(workers, "workers", 1000);
  checkWholeNumber(embeddingCache, "embeddingCache");
  checkSeconds(sessionTtl, "sessionTtl");
  checkRetention(options);
  if (autoCleanup !== undefined && typeof autoCleanup !== "boolean")
    throw ValidationError.of("autoCleanup", "must be true or false", autoCleanup);
  if (embedder !== undefined && typeof embedder?.embed !== "function")
    throw ValidationError.of(
      "embedder",
      "must be an embedder, such as createEmbedder of memoir/embedders gives",
    );
  if (reranker !== undefined && typeof reranker?.rerank !== "function")
    throw ValidationError.of(
      "reranker",
      "must be a reranker, such as createReranker of memoir/embedders gives",
    );
  checkConversationOptions(options.conversations, ["conversations"]);
}

function checkRetention(options: OpenOptions): void {
  for (const name of ["idempotencyTtl", "changesTtl", "versionsTtl", "versionsKept"] as const)
    if (options[name] === 0) throw ValidationError.of(name, "must be above 0, or null", 0);
  for (const name of ["idempotencyTtl", "changesTtl", "versionsTtl"] as const)
    checkSeconds(options[name], name);
  checkWholeNumber(options.versionsKept ?? undefined, "versionsKept");
}
