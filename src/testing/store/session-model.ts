import { MemoirError } from "../../core/errors.ts";
import { applyOperations, arrayLog, type SessionRest } from "../../core/session/operations.ts";
import { emptySession, type Message, type SessionKey, type SessionState } from "../../core/session/state.ts";
import type { SessionReceipt, SessionWrite } from "../../core/session-store.ts";
import { compareInstants, type Instant } from "../../core/time.ts";

/** What a session must be after any writes: the reference that stores are compared with. */
export class SessionModel {
  readonly #key: SessionKey;
  #rest: SessionRest | null = null;
  #messages: readonly Message[] = [];

  constructor(key: SessionKey) {
    this.#key = key;
  }

  read(now: Instant, newest?: number): SessionState | null {
    const rest = this.#living(now);
    if (!rest) return null;
    if (newest === undefined) return { ...rest, messages: this.#messages };
    const sorted = this.#messages.toSorted((left, right) => compareInstants(left.createdAt, right.createdAt));
    return { ...rest, messages: sorted.slice(Math.max(0, sorted.length - newest)) };
  }

  /** The receipt, or the code of the error; then nothing has changed. */
  write({ operations, now, expectedVersion, create = true }: SessionWrite): SessionReceipt | string {
    const current = this.#living(now);
    if (expectedVersion !== undefined && expectedVersion !== (current?.version ?? 0))
      return "version_conflict";
    if (!current && !create) return "session_not_found";
    const messages = current ? [...this.#messages] : [];
    try {
      const { rest, results } = applyOperations(
        current ?? this.#fresh(now),
        arrayLog(messages),
        operations,
        now,
      );
      this.#rest = rest;
      this.#messages = messages;
      return { version: rest.version, created: !current, results };
    } catch (error) {
      if (MemoirError.is(error)) return error.code;
      throw error;
    }
  }

  #living(now: Instant): SessionRest | null {
    const expiresAt = this.#rest?.expiresAt ?? null;
    return expiresAt !== null && compareInstants(expiresAt, now) <= 0 ? null : this.#rest;
  }

  #fresh(now: Instant): SessionRest {
    const { messages: _, ...content } = emptySession(now);
    const { sessionId, namespace, userId } = this.#key;
    return { ...content, sessionId, namespace, userId, expiresAt: null, updatedAt: now, version: 0 };
  }
}
