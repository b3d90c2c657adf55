import type { SessionKey } from "../../../core/session/state.ts";
import { sessionFieldKey, sessionKeyBase, tenantKey, tenantKeyBase } from "../keys.ts";

/** What a session is kept in, in the order in which scripts take the keys. */
const SESSION_FIELDS = [
  /** Hash: version, times, context and the other single values. */
  "meta",
  /** Hash: key of the data to its value. */
  "data",
  /** Hash: `n` and the name of a list to the position of its first value and its length; `v`, position, name to a value. */
  "lists",
  /** Hash: message id to its place, times, flags and content. */
  "messages",
  /** Sorted by name: creation, place and id of each message. */
  "dates",
  /** Who writes next, when a writer lost the race too often. */
  "turn",
] as const;

/** What the tenant knows of its sessions. */
const TENANT_FIELDS = [
  "counters",
  "feed",
  /** Sorted by the last update in microseconds: session. */
  "sessions",
  /** Sorted by name: session. */
  "session-ids",
  /** Sorted by expiry in microseconds: session. */
  "session-expiries",
  "answers",
  /** Sorted by instant in microseconds: idempotency key. */
  "answered",
] as const;

export function sessionKeys(
  prefix: string,
  key: SessionKey,
  fields: readonly string[] = SESSION_FIELDS,
): string[] {
  const base = sessionKeyBase(prefix, key);
  return fields.map((field) => base + field);
}

export function tenantSessionKeys(prefix: string, tenant: string): string[] {
  const base = tenantKeyBase(prefix, tenant);
  return TENANT_FIELDS.map((field) => base + field);
}

/** Sorted by the last update: the sessions of one user, or of nobody. */
export function userSessionsKey(prefix: string, tenant: string, userId: string | null): string {
  return tenantKey(prefix, tenant, `sessions:${userId ?? ""}`);
}

/** Where changes wait in a cluster until the tenant knows them, their last number, and the answer to a key. */
export function outboxKeys(prefix: string, key: SessionKey, answerKey = ""): string[] {
  return ["outbox", "number", `answer:${answerKey}`].map((field) => sessionFieldKey(prefix, key, field));
}
