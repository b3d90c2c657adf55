import { ConversationMemory, fieldsOf, sizeOf } from "./conversation.ts";
import type { ConversationOptions } from "./conversation-options.ts";
import type { Clock } from "./core/clock.ts";
import { ConflictError, ValidationError } from "./core/errors.ts";
import { encodeSessionKey, type SessionKey } from "./core/session/state.ts";
import type { SessionSummary } from "./core/session-store.ts";
import { toMilliseconds } from "./core/time.ts";
import type { Memory } from "./memory.ts";
import type { CallOptions } from "./operations.ts";

/** What one conversation takes up. */
export interface ConversationUse {
  readonly conversationId: string;
  readonly namespace: string | null;
  readonly userId: string | null;
  readonly fields: number;
  readonly messages: number;
  /** Of fields and messages, as UTF-8 JSON. */
  readonly bytes: number;
}

/** What the conversations of a scope take up, together and one by one, the most recently written first. */
export interface ConversationStats {
  readonly totalConversations: number;
  readonly totalFields: number;
  readonly totalMessages: number;
  readonly totalBytes: number;
  readonly conversations: readonly ConversationUse[];
}

const DEFAULT_CONVERSATION_TTL = 86_400;

/** The conversations of a memory: gives them by id, and looks after all of them. */
export class Conversations {
  readonly #memory: Memory;
  readonly #clock: Clock;
  readonly #options: ConversationOptions;

  constructor(memory: Memory, clock: Clock, options: ConversationOptions = {}) {
    this.#memory = memory;
    this.#clock = clock;
    this.#options = options;
  }

  /** The conversation of that id. Nothing is written until something is put into it. */
  conversation(id: string): ConversationMemory {
    const { conversationTtl = DEFAULT_CONVERSATION_TTL, ...fields } = this.#options;
    return new ConversationMemory(this.#memory.session(id, { ttl: conversationTtl }), fields);
  }

  /** Removes a conversation; gives whether it was there. Long-term records stay. */
  async cleanup(id: string, options?: CallOptions): Promise<boolean> {
    return this.conversation(id).clearAll(options);
  }

  /**
   * Removes the conversations nobody has written to for so many seconds, whatever time they had left; gives how many. One
   * that is written to meanwhile stays.
   */
  async cleanupExpired(maxAgeSeconds: number, options: CallOptions = {}): Promise<number> {
    if (!(maxAgeSeconds >= 0))
      throw ValidationError.of("maxAgeSeconds", "must be a number of seconds, 0 or more", maxAgeSeconds);
    const limit = this.#clock.now() - maxAgeSeconds * 1000;
    const all = await this.#summaries(options);
    const old = all.filter(({ updatedAt }) => toMilliseconds(updatedAt) <= limit);
    let removed = 0;
    for (const { version, messageCount: _, ...key } of old) {
      options.signal?.throwIfAborted();
      if (await this.#remove(key, version, options)) removed++;
    }
    return removed;
  }

  /** Reads every conversation, one after the other, and measures it. */
  async stats(options: CallOptions = {}): Promise<ConversationStats> {
    const conversations: ConversationUse[] = [];
    for (const { tenant, namespace, userId, sessionId } of await this.#summaries(options)) {
      const key = { tenant, namespace, userId, sessionId };
      const state = await this.#memory.operations.readSession(key, options);
      if (!state) continue;
      conversations.push({
        conversationId: sessionId,
        namespace,
        userId,
        fields: fieldsOf(state).size,
        messages: state.messages.length,
        bytes: sizeOf(state).total,
      });
    }
    const sum = (field: "fields" | "messages" | "bytes") =>
      conversations.reduce((total, conversation) => total + conversation[field], 0);
    return {
      totalConversations: conversations.length,
      totalFields: sum("fields"),
      totalMessages: sum("messages"),
      totalBytes: sum("bytes"),
      conversations,
    };
  }

  async #remove(key: SessionKey, version: number, options: CallOptions) {
    try {
      return await this.#memory.operations.deleteSession(key, { ...options, expectedVersion: version });
    } catch (error) {
      if (error instanceof ConflictError && error.code === "version_conflict") return false;
      throw error;
    }
  }

  /** Sessions are listed by their last change, so one that is written to meanwhile may come twice. */
  async #summaries(options: CallOptions): Promise<SessionSummary[]> {
    const found = new Map<string, SessionSummary>();
    const only = this.#memory.currentScope.sessionId;
    for await (const summary of this.#memory.sessions({ ...options, limit: 1000 })) {
      const key = encodeSessionKey(summary);
      if (!found.has(key) && (only === null || only === summary.sessionId)) found.set(key, summary);
    }
    return [...found.values()];
  }
}
