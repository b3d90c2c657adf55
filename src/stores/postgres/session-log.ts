import type { MessageLog, MessagePatch } from "../../core/session/operations.ts";
import type { Message } from "../../core/session/state.ts";

/** What changes in the messages of a session, for the function `write_session`. */
export interface LogChanges {
  /** Ids that no message of the session may have, or the changes are not what was meant. */
  readonly absent: readonly string[];
  /** True: `appended` is all there is. */
  readonly replaced: boolean;
  readonly removed?: readonly string[];
  readonly patched?: readonly object[];
  readonly appended?: readonly object[];
}

/**
 * Takes operations on messages that are elsewhere: which ids are there is known or else assumed, and what follows is worked
 * out for the server to do.
 */
export class SessionLog implements MessageLog {
  readonly #present: ReadonlySet<string>;
  readonly #absent = new Set<string>();
  readonly #removed = new Set<string>();
  readonly #patches = new Map<string, MessagePatch>();
  #appended = new Map<string, Message>();
  #replaced = false;

  /** @param present ids that are known to be there; all others are assumed not to be. */
  constructor(present: ReadonlySet<string>) {
    this.#present = present;
  }

  has(id: string): boolean {
    return this.#appended.has(id) || this.#isKept(id);
  }

  append(messages: readonly Message[]): void {
    for (const message of messages) this.#appended.set(message.id, message);
  }

  patch(ids: readonly string[], patch: MessagePatch): number {
    let found = 0;
    for (const id of new Set(ids)) {
      const fresh = this.#appended.get(id);
      if (fresh) this.#appended.set(id, { ...fresh, ...patch });
      else if (this.#isKept(id)) this.#patches.set(id, { ...this.#patches.get(id), ...patch });
      else continue;
      found++;
    }
    return found;
  }

  delete(ids: readonly string[]): number {
    let found = 0;
    for (const id of new Set(ids)) {
      if (!this.#appended.delete(id)) {
        if (!this.#isKept(id)) continue;
        this.#removed.add(id);
        this.#patches.delete(id);
      }
      found++;
    }
    return found;
  }

  replace(messages: readonly Message[]): void {
    this.#replaced = true;
    this.#appended = new Map(messages.map((message) => [message.id, message]));
  }

  get changes(): LogChanges {
    const patched = [...this.#patches].map(([id, patch]) => ({
      id,
      setPersistedAt: "persistedAt" in patch,
      ...patch,
    }));
    const appended = [...this.#appended.values()].map(({ persistedAt, extracted, ...body }) => ({
      id: body.id,
      createdAt: body.createdAt,
      persistedAt,
      extracted,
      body,
    }));
    return {
      absent: [...this.#absent],
      replaced: this.#replaced,
      ...(this.#removed.size > 0 && { removed: [...this.#removed] }),
      ...(patched.length > 0 && { patched }),
      ...(appended.length > 0 && { appended }),
    };
  }

  /** Whether a message was there before and still is. */
  #isKept(id: string): boolean {
    if (this.#replaced || this.#removed.has(id)) return false;
    if (this.#present.has(id)) return true;
    this.#absent.add(id);
    return false;
  }
}
