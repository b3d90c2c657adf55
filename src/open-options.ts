import type { ConversationOptions } from "./conversations.ts";
import { ValidationError } from "./core/errors.ts";
import { knownNames } from "./core/known-names.ts";
import type { OpenOptions } from "./open.ts";

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
  autoCleanup: true,
  vectors: true,
  index: true,
  token: true,
  clock: true,
  ids: true,
  logger: true,
});

const checkConversationNames = knownNames<ConversationOptions>("conversations", {
  ttl: true,
  messages: true,
  conversationTtl: true,
});

/**
 * Checks what a memory is opened with, before anything is opened.
 * @throws ValidationError naming the option.
 */
export function checkOpenOptions(options: OpenOptions): void {
  checkNames(options);
  const { workers, embeddingCache, sessionTtl, idempotencyTtl, autoCleanup, embedder, reranker } = options;
  wholeNumber(workers, "workers", 1000);
  wholeNumber(embeddingCache, "embeddingCache");
  seconds(sessionTtl, "sessionTtl");
  if (idempotencyTtl === 0)
    throw ValidationError.of("idempotencyTtl", "must be above 0, or null", idempotencyTtl);
  seconds(idempotencyTtl, "idempotencyTtl");
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

/** @throws ValidationError naming the option. */
export function checkConversationOptions(options?: ConversationOptions, path: readonly string[] = []): void {
  checkConversationNames(options, path);
  const { ttl, conversationTtl, messages } = options ?? {};
  seconds(ttl, [...path, "ttl"]);
  seconds(conversationTtl, [...path, "conversationTtl"]);
  wholeNumber(messages, [...path, "messages"]);
}

function wholeNumber(value: unknown, path: string | readonly string[], most = Number.MAX_SAFE_INTEGER): void {
  if (value === undefined) return;
  if (Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= most) return;
  const limit = most === Number.MAX_SAFE_INTEGER ? "0 or more" : `from 0 to ${most}`;
  throw ValidationError.of(path, `must be a whole number, ${limit}`, value);
}

function seconds(value: unknown, path: string | readonly string[]): void {
  if (value === undefined || value === null || (typeof value === "number" && value >= 0)) return;
  throw ValidationError.of(path, "must be a number of seconds, 0 or more, or null", value);
}
