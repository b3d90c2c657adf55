import type { Change } from "../../core/store.ts";

type Told = Omit<Change, "sequence" | "version">;

/** The part of a change that is known before it happens. */
export function changeText({ kind, change, id, at }: Pick<Told, "kind" | "change" | "id" | "at">): string {
  return JSON.stringify([kind, change, id, at]);
}

/** What follows kind and change in `changeText`, for scripts that find out what the change is. */
export function changedText({ id, at }: Pick<Told, "id" | "at">): string {
  return JSON.stringify([id, at]).slice(1);
}

/** Whose record or session it is. Scripts take labels out of it again. */
export function scopeText({
  namespace,
  userId,
  agentId,
  sessionId,
}: Omit<Told, "kind" | "change" | "id" | "at">): string {
  return JSON.stringify([namespace, userId, agentId, sessionId]);
}

/** A change as the feed keeps it: version, change, scope. */
export function changeParts(change: Omit<Change, "sequence">): [number, string, string] {
  return [change.version, changeText(change), scopeText(change)];
}
