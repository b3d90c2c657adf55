import type { Filter } from "../core/filter/filter.ts";
import type { MemoryRecord } from "../core/record.ts";
import { emptySession, type Message, type SessionState } from "../core/session/state.ts";
import { compareInstants, formatMilliseconds } from "../core/time.ts";
import type { Call, Surroundings } from "./call.ts";
import { wholeTenant } from "./scopes.ts";
import { given } from "./session-state.ts";

interface Wanted {
  readonly namespace: string | null;
  readonly user_id: string | null;
  readonly recent_messages_limit: number | null;
}

/** A session that ended, put together again from the messages that were kept as records; null when there are none. */
export async function rebuildSession(
  { operations, settings, clock }: Surroundings,
  sessionId: string,
  wanted: Wanted,
  call: Call,
): Promise<SessionState | null> {
  if (!settings.indexAllMessages || !settings.longTermMemory) return null;
  const [namespace, userId] = [given(wanted.namespace), given(wanted.user_id)];
  const filter: Filter = {
    sessionId,
    type: "message",
    ...(namespace !== null && { namespace }),
    ...(userId !== null && { userId }),
  };
  const newest = wanted.recent_messages_limit ?? 0;
  const records: MemoryRecord[] = [];
  for (let cursor: string | null = null; ; ) {
    const page = await operations.list(wholeTenant(call), {
      filter,
      limit: 1000,
      signal: call.signal,
      ...(cursor !== null && { cursor }),
    });
    records.push(...page.records);
    cursor = page.cursor;
    if (cursor === null || (newest > 0 && records.length >= newest)) break;
  }
  const first = records[0];
  // One conversation, not several that happen to share an id.
  const same = records.filter(
    (record) => record.namespace === first?.namespace && record.userId === first.userId,
  );
  const messages = same.flatMap(toMessage);
  messages.sort((left, right) => compareInstants(left.createdAt, right.createdAt));
  if (!first || messages.length === 0) return null;
  const now = formatMilliseconds(clock.now());
  return {
    ...emptySession(now),
    messages: newest > 0 ? messages.slice(-newest) : messages,
    context: "",
    sessionId,
    namespace: first.namespace,
    userId: first.userId,
    expiresAt: null,
    updatedAt: now,
    version: 0,
  };
}

function toMessage(record: MemoryRecord): Message[] {
  const [, role, content] = /^([^:]+): (.+)$/s.exec(record.text) ?? [];
  if (role === undefined || content === undefined) return [];
  const { id, createdAt, persistedAt, metadata, extracted } = record;
  return [{ id, role, content, name: null, createdAt, persistedAt, metadata, extracted }];
}
