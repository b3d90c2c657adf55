import { ConflictError, MemoirError, ValidationError } from "../core/errors.ts";
import type { MemoryRecord, RecordInput } from "../core/record.ts";
import { UNRESTRICTED } from "../core/scope.ts";
import type { LearningStrategy, Message, SessionKey } from "../core/session/state.ts";
import { formatMilliseconds, type Instant } from "../core/time.ts";
import type { Surroundings } from "./call.ts";

/**
 * Keeps what a session noted in long-term memory, contract section 15.1. The session is never written back from a copy:
 * only the stamps change, against the version they were read at.
 */
export async function promoteRecords(
  surroundings: Surroundings,
  key: SessionKey,
  session: {
    readonly records: readonly MemoryRecord[];
    readonly strategy: LearningStrategy;
    version: number;
  },
): Promise<{ readonly records: readonly MemoryRecord[]; readonly version: number }> {
  const waiting = session.records.filter((record) => record.persistedAt === null);
  if (waiting.length === 0) return session;
  const now = formatMilliseconds(surroundings.clock.now());
  const inputs = waiting.map((record) => inputOf(record, key, session.strategy, now));
  const kept = await addAll(surroundings, key, inputs);
  if (kept.size === 0) return session;
  const stamp = (record: MemoryRecord) =>
    kept.has(record.id) && record.persistedAt === null ? { ...record, persistedAt: now } : record;
  const version = await stampRecords(surroundings, key, session, stamp);
  return { records: session.records.map(stamp), version };
}

/** Keeps messages as records of their own, one per message. */
export async function promoteMessages(
  surroundings: Surroundings,
  key: SessionKey,
  messages: readonly Message[],
): Promise<ReadonlySet<string>> {
  const waiting = messages.filter((message) => message.persistedAt === null);
  if (waiting.length === 0) return new Set();
  const persistedAt = formatMilliseconds(surroundings.clock.now());
  const inputs = waiting.map(
    (message): RecordInput => ({
      id: message.id,
      text: `${message.role}: ${message.content}`,
      type: "message",
      extractionStrategy: "message",
      createdAt: message.createdAt,
      persistedAt,
      ...ownerOf(key),
    }),
  );
  const kept = await addAll(surroundings, key, inputs);
  if (kept.size > 0)
    await surroundings.operations.writeSession(
      key,
      [{ operation: "patchMessages", ids: [...kept], patch: { persistedAt } }],
      { create: false },
    );
  return kept;
}

function ownerOf(key: SessionKey): Pick<RecordInput, "namespace" | "userId" | "sessionId"> {
  return {
    sessionId: key.sessionId,
    ...(key.namespace !== null && { namespace: key.namespace }),
    ...(key.userId !== null && { userId: key.userId }),
  };
}

/** The record with the session's scope where it has none of its own. */
function inputOf(
  record: MemoryRecord,
  key: SessionKey,
  strategy: LearningStrategy,
  persistedAt: Instant,
): RecordInput {
  const { hash: _, version: __, ...fields } = record;
  const set = Object.entries(fields).filter(([, value]) => value !== null);
  return {
    ...ownerOf(key),
    ...(Object.fromEntries(set) as Partial<RecordInput> & { text: string }),
    persistedAt,
    extractionStrategy: strategy.strategy,
    extractionStrategyConfig: strategy.config,
  };
}

/** Adds what can be added and gives those ids. One record that is refused must not keep the others out. */
async function addAll(
  { operations, logger }: Surroundings,
  key: SessionKey,
  inputs: readonly RecordInput[],
): Promise<ReadonlySet<string>> {
  const scope = { ...UNRESTRICTED, tenant: key.tenant };
  const last = [...new Map(inputs.map((input) => [input.id, input])).values()];
  const idsOf = (added: readonly RecordInput[]) => added.flatMap((input) => input.id ?? []);
  try {
    await operations.add(scope, last);
    return new Set(idsOf(last));
  } catch (error) {
    if (!refused(error)) throw error;
  }
  const kept = new Set<string>();
  for (const input of last) {
    try {
      await operations.add(scope, [input]);
      for (const id of idsOf([input])) kept.add(id);
    } catch (error) {
      if (!refused(error)) throw error;
      logger.warn({ err: error, recordId: input.id }, "A session's memory could not be promoted");
    }
  }
  return kept;
}

function refused(error: unknown): boolean {
  return error instanceof ConflictError || error instanceof ValidationError;
}

/** So many writers may come in between before the stamps are left to the next save of the session. */
const MAX_ROUNDS = 32;

/** Marks records of a session as promoted; gives the session's version afterwards. */
async function stampRecords(
  { operations, logger }: Surroundings,
  key: SessionKey,
  session: { readonly records: readonly MemoryRecord[]; readonly version: number },
  stamp: (record: MemoryRecord) => MemoryRecord,
): Promise<number> {
  let current = session;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    try {
      const records = current.records.map(stamp);
      const receipt = await operations.writeSession(key, [{ operation: "setRecords", records }], {
        expectedVersion: current.version,
        create: false,
      });
      return receipt.version;
    } catch (error) {
      if (!MemoirError.is(error)) throw error;
      if (error.code !== "version_conflict" && error.code !== "session_not_found") throw error;
    }
    const latest = await operations.readSession(key, { newest: 0 });
    // Ended or expired meanwhile: there is nothing left to mark.
    if (!latest) return current.version;
    current = latest;
  }
  logger.warn({ sessionId: key.sessionId }, "A busy session's memories were promoted but not marked so");
  return current.version;
}
