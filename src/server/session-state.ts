import { RequestError } from "../contract/issues.ts";
import type { SessionMemory } from "../contract/records.ts";
import type { NewMessage, SessionUpdate } from "../contract/sessions.ts";
import { contentHash } from "../core/content-hash.ts";
import type { IdSource } from "../core/identifiers.ts";
import type { MemoryRecord } from "../core/record.ts";
import { MAX_FUTURE_SECONDS } from "../core/session/messages.ts";
import type { Message, SessionContent } from "../core/session/state.ts";
import { type Instant, toMilliseconds } from "../core/time.ts";
import type { Settings } from "./call.ts";
import { Refusal } from "./errors.ts";

interface Making {
  readonly now: Instant;
  readonly ids: IdSource;
  readonly settings: Settings;
}

/** An empty text where the contract means "none". */
export function given(text: string | null): string | null {
  return text === "" ? null : text;
}

/** The state a PUT describes, with ids and times filled in. */
export function toContent(update: SessionUpdate, making: Making): SessionContent {
  checkRecords(update.memories);
  return {
    messages: toMessages(update.messages, making),
    records: update.memories.map((memory) => toRecord(memory, making)),
    data: update.data ?? {},
    lists: update.lists,
    context: update.context,
    tokens: update.tokens,
    ttlSeconds: update.ttl_seconds,
    slidingExpiry: update.sliding_expiry,
    strategy: update.long_term_memory_strategy,
    createdAt: update.created_at ?? making.now,
    lastAccessedAt: update.last_accessed ?? making.now,
  };
}

export function toMessages(inputs: readonly NewMessage[], making: Making): Message[] {
  const messages = inputs.map((input, index) => toMessage(input, index, making));
  for (const message of messages) {
    if (message.content.trim() === "")
      throw new Refusal(400, `Message content cannot be empty (message ID: ${message.id})`);
  }
  return distinct(messages);
}

function toMessage(input: NewMessage, index: number, { now, ids, settings }: Making): Message {
  if (input.created_at === undefined && settings.requireMessageTimestamps)
    throw RequestError.at(["body", "messages", index], "value_error", "created_at is required");
  const createdAt = input.created_at ?? now;
  if (toMilliseconds(createdAt) > toMilliseconds(now) + MAX_FUTURE_SECONDS * 1000)
    throw RequestError.at(
      ["body", "messages", index],
      "value_error",
      `created_at must not be more than ${MAX_FUTURE_SECONDS} seconds in the future`,
      createdAt,
    );
  return {
    id: input.id ?? ids.next(),
    role: input.role,
    content: input.content,
    name: input.name,
    createdAt,
    metadata: input.metadata,
    persistedAt: input.persisted_at,
    extracted: input.discrete_memory_extracted === "t",
  };
}

/** One message per id. The same message sent twice is one; two messages under one id are a mistake of the caller. */
function distinct(messages: readonly Message[]): Message[] {
  const byId = new Map<string, Message>();
  for (const [index, message] of messages.entries()) {
    const first = byId.get(message.id);
    if (first && (first.role !== message.role || first.content !== message.content))
      throw RequestError.at(
        ["body", "messages", index, "id"],
        "value_error",
        "is the id of another message in this request",
        message.id,
      );
    if (!first) byId.set(message.id, message);
  }
  return [...byId.values()];
}

function checkRecords(memories: readonly SessionMemory[]): void {
  for (const memory of memories) {
    if (memory.id === "") throw RequestError.at(["body"], "value_error", "memory id must not be empty");
    if (memory.text === "") throw RequestError.at(["body"], "value_error", "memory text must not be empty");
  }
}

function toRecord(memory: SessionMemory, { now, ids }: Making): MemoryRecord {
  const content = {
    text: memory.text,
    type: memory.memory_type,
    namespace: given(memory.namespace),
    userId: given(memory.user_id),
    sessionId: given(memory.session_id),
  };
  return {
    ...content,
    id: memory.id ?? ids.next(),
    agentId: given(memory.agent_id),
    speaker: given(memory.speaker),
    topics: memory.topics ?? [],
    entities: memory.entities ?? [],
    importance: memory.importance ?? 0.5,
    pinned: memory.pinned,
    eventDate: memory.event_date,
    validFrom: memory.valid_from,
    validTo: memory.valid_to,
    expiresAt: memory.expires_at,
    metadata: memory.metadata,
    createdAt: memory.created_at ?? now,
    updatedAt: memory.updated_at ?? now,
    lastAccessedAt: memory.last_accessed ?? now,
    accessCount: memory.access_count,
    persistedAt: memory.persisted_at,
    hash: contentHash(content),
    // Long-term memory gives the first version when it takes the record over.
    version: 0,
    extractedFrom: memory.extracted_from ?? [],
    extractionStrategy: memory.extraction_strategy,
    extractionStrategyConfig: memory.extraction_strategy_config,
    extracted: memory.discrete_memory_extracted === "t",
  };
}
