import type { Message } from "../../core/session/state.ts";
import { compareInstants } from "../../core/time.ts";

/** The last messages by `createdAt`, oldest first; messages of one instant stay in appended order. */
export function newestMessages(messages: readonly Message[], count: number): Message[] {
  const sorted = messages.toSorted((left, right) => compareInstants(left.createdAt, right.createdAt));
  return count > 0 ? sorted.slice(-count) : [];
}
