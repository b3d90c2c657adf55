import type { JsonInputObject, JsonObject, JsonValue } from "../json.ts";
import type { MemoryRecord } from "../record.ts";
import { encodeKey } from "../scope.ts";
import type { Instant, InstantInput } from "../time.ts";

/** Identity of a session: the same `sessionId` may live in several scopes, each a session of its own. */
export interface SessionKey {
  readonly tenant: string;
  readonly namespace: string | null;
  readonly userId: string | null;
  readonly sessionId: string;
}

/** The key as one text, the same for no other session. */
export function encodeSessionKey(key: SessionKey): string {
  return encodeKey([key.tenant, key.namespace, key.userId, key.sessionId]);
}

/** One message of a conversation. */
export interface Message {
  /** Unique within its session: appending the same id again changes nothing. */
  readonly id: string;
  /** `user`, `assistant`, `system`, `tool`, or any other text. */
  readonly role: string;
  readonly content: string;
  /** Name of the speaker, where the role is not enough. */
  readonly name: string | null;
  readonly createdAt: Instant;
  /** Anything else worth keeping with it, such as tool calls. */
  readonly metadata: JsonObject;
  /** When it was kept in long-term memory; null when it was not. */
  readonly persistedAt: Instant | null;
  /** Whether learning has read it. */
  readonly extracted: boolean;
}

/** What a caller gives to append. Everything but role and content has a default. */
export interface MessageInput {
  readonly role: string;
  readonly content: string;
  /** Default: a new ULID. An id the session has already is skipped. */
  readonly id?: string;
  readonly name?: string | null;
  /** Default now; at most 300 seconds ahead of the clock. */
  readonly createdAt?: InstantInput;
  readonly metadata?: JsonInputObject;
  readonly persistedAt?: InstantInput | null;
  readonly extracted?: boolean;
}

/** How learning turns this session into records. */
export interface LearningStrategy {
  readonly strategy: string;
  readonly config: JsonObject;
}

export const DEFAULT_STRATEGY: LearningStrategy = { strategy: "discrete", config: {} };

/** What a caller can set on a session as a whole. */
export interface SessionContent {
  readonly messages: readonly Message[];
  /** Records noted in the conversation and waiting to be promoted to long-term memory. */
  readonly records: readonly MemoryRecord[];
  readonly data: JsonObject;
  readonly lists: { readonly [name: string]: readonly JsonValue[] };
  /** When keys of the data and lists of that name expire; absent where nothing of the kind does. */
  readonly fieldExpiresAt?: { readonly [field: string]: Instant };
  /** Summary of what is no longer in `messages`. */
  readonly context: string | null;
  /** A token count the caller keeps; not computed. */
  readonly tokens: number;
  /** Seconds until the session expires; null for never. */
  readonly ttlSeconds: number | null;
  /** True: every write starts the time to live anew. False: it runs from when it was set. */
  readonly slidingExpiry: boolean;
  readonly strategy: LearningStrategy;
  readonly createdAt: Instant;
  readonly lastAccessedAt: Instant;
}

/** Content where messages may leave out what has a default, and so may the rest: see `emptySession`. */
export interface SessionContentInput extends Partial<Omit<SessionContent, "messages">> {
  readonly messages?: readonly MessageInput[];
}

/** Working memory of one conversation or workflow. */
export interface SessionState extends SessionContent {
  readonly sessionId: string;
  readonly namespace: string | null;
  readonly userId: string | null;
  /** The instant from which on the session is gone; null for never. */
  readonly expiresAt: Instant | null;
  readonly updatedAt: Instant;
  /** 1 when created; every write adds one. */
  readonly version: number;
}

/** A session nobody has written to yet. */
export function emptySession(now: Instant): SessionContent {
  return {
    messages: [],
    records: [],
    data: {},
    lists: {},
    context: null,
    tokens: 0,
    ttlSeconds: null,
    slidingExpiry: true,
    strategy: DEFAULT_STRATEGY,
    createdAt: now,
    lastAccessedAt: now,
  };
}
