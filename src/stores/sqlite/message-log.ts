import type { MessageLog } from "../../core/session/operations.ts";
import type { Message } from "../../core/session/state.ts";
import { instantKey } from "../../core/time.ts";
import type { Connection } from "./driver.ts";

/** The messages of one session, written as they change: appending to a long session costs no more than to a short one. */
export interface SqlMessageLog extends MessageLog {
  /** How many messages there are. */
  readonly count: number;
}

/** @param count how many messages the session has now. */
export function createMessageLog(connection: Connection, session: number, count: number): SqlMessageLog {
  let next = nextPosition(connection, session);

  function insert(message: Message): void {
    connection.run(
      "INSERT INTO messages (session, position, id, created_at, body) VALUES (?, ?, ?, ?, ?)",
      session,
      next++,
      message.id,
      instantKey(message.createdAt),
      JSON.stringify(message),
    );
    count++;
  }

  function remove(condition: string, value: string | number): number {
    const { changes } = connection.run(
      `DELETE FROM messages WHERE session = ? AND ${condition}`,
      session,
      value,
    );
    count -= changes;
    return changes;
  }

  return {
    get count() {
      return count;
    },
    has(id) {
      const found = connection.get("SELECT 1 FROM messages WHERE session = ? AND id = ?", session, id);
      return found !== undefined;
    },
    append(messages) {
      for (const message of messages) insert(message);
    },
    patch(ids, patch) {
      let found = 0;
      for (const id of new Set(ids)) {
        const row = connection.get<{ position: number; body: string }>(
          "SELECT position, body FROM messages WHERE session = ? AND id = ?",
          session,
          id,
        );
        if (!row) continue;
        const body = JSON.stringify({ ...(JSON.parse(row.body) as Message), ...patch });
        connection.run(
          "UPDATE messages SET body = ? WHERE session = ? AND position = ?",
          body,
          session,
          row.position,
        );
        found++;
      }
      return found;
    },
    delete(ids) {
      let found = 0;
      for (const id of new Set(ids)) found += remove("id = ?", id);
      return found;
    },
    replace(messages) {
      // Clients send whole conversations of which only the end is new: what is the same at the start stays.
      const kept = connection.all<{ position: number; body: string }>(
        "SELECT position, body FROM messages WHERE session = ? ORDER BY position",
        session,
      );
      const differs = kept.findIndex(({ body }, index) => body !== JSON.stringify(messages[index]));
      const same = differs < 0 ? kept.length : differs;
      const first = kept[same];
      if (first) remove("position >= ?", first.position);
      for (const message of messages.slice(same)) insert(message);
    },
  };
}

function nextPosition(connection: Connection, session: number): number {
  const last = connection.get<{ position: number | null }>(
    "SELECT max(position) AS position FROM messages WHERE session = ?",
    session,
  );
  return (last?.position ?? 0) + 1;
}
