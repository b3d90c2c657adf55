import type { SessionRest } from "../../core/session/operations.ts";
import { encodeSessionKey, type SessionKey } from "../../core/session/state.ts";
import { compareInstants, type Instant } from "../../core/time.ts";
import type { SessionFacts } from "./session-facts.ts";

const MOST_SESSIONS = 1000;

/** Longer states, in characters, are not remembered: one more flight is little beside what they cost anyway. */
const LONGEST_STATE = 32_768;

/**
 * The sessions this process wrote last, as it left them. Others may have written since; whoever uses this has the server
 * check the version.
 */
export class SessionCache {
  /** As text, so that nothing in it is shared with callers. By use, the one unused for longest first. */
  readonly #states = new Map<string, string>();
  /** The version of the last write that had the session to itself. */
  readonly #contested = new Map<string, number>();

  recall(key: SessionKey, now: Instant): SessionFacts {
    const known = this.#states.get(encodeSessionKey(key));
    const rest = known === undefined ? null : (JSON.parse(known) as SessionRest);
    const expired = rest?.expiresAt != null && compareInstants(rest.expiresAt, now) <= 0;
    return { rest: expired ? null : rest, present: new Set(), certain: false };
  }

  remember(key: SessionKey, rest: SessionRest): void {
    const name = encodeSessionKey(key);
    this.#states.delete(name);
    const state = JSON.stringify(rest);
    if (state.length > LONGEST_STATE) return;
    this.#states.set(name, state);
    if (this.#states.size <= MOST_SESSIONS) return;
    const [oldest] = this.#states.keys();
    this.#states.delete(oldest as string);
  }

  /** Whether others wrote the session between the last two writes of this process that had it to themselves. */
  isContested(key: SessionKey): boolean {
    return this.#contested.has(encodeSessionKey(key));
  }

  /** Notes the version of a write that had the session to itself. */
  noteContest(key: SessionKey, version: number): void {
    const name = encodeSessionKey(key);
    const quiet = this.#contested.get(name) === version - 1;
    this.#contested.delete(name);
    if (!quiet) this.#contested.set(name, version);
    const [oldest] = this.#contested.keys();
    if (this.#contested.size > MOST_SESSIONS) this.#contested.delete(oldest as string);
  }

  forget(key: SessionKey): void {
    this.#states.delete(encodeSessionKey(key));
  }
}
