import type { SessionRest } from "../../core/session/operations.ts";

/** What a writer of a session goes by. */
export interface SessionFacts {
  /** Null when there is no living session. */
  readonly rest: SessionRest | null;
  /** Ids of messages that are known to be there. */
  readonly present: ReadonlySet<string>;
  /** Whether the server has just said so. What is only remembered, or guessed, must not be a reason to refuse. */
  readonly certain: boolean;
}
