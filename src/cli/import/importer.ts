import { ConflictError, MemoirError, UnsupportedError, ValidationError } from "../../core/errors.ts";
import type { MemoryRecord } from "../../core/record.ts";
import { joinNamespace, SCOPE_FIELDS } from "../../core/scope.ts";
import { formatMilliseconds } from "../../core/time.ts";
import type { Memory } from "../../memory.ts";
import type { Imported, ImportedRecord } from "./imported.ts";
import { hasExpired, importSession } from "./sessions.ts";

export interface ImporterOptions {
  /** The memory, narrowed to where everything goes. */
  readonly memory: Memory;
  /** Keep turns as messages of working memory too. */
  readonly sessions: boolean;
  /** Write over what is there under the same id. Otherwise it stays as it is. */
  readonly update: boolean;
  readonly signal: AbortSignal;
  /** Told of everything that could not be imported. */
  readonly onInvalid: (place: string, reason: string) => void;
}

/** What became of everything so far. */
export interface Counts {
  created: number;
  updated: number;
  /** Already there. */
  unchanged: number;
  /** Said already in another record. */
  duplicates: number;
  /** Whole sessions, or sessions that got messages. */
  sessions: number;
  /** Messages put into sessions. */
  messages: number;
  invalid: number;
  /** What was passed over on purpose, by reason. */
  readonly leftOut: Record<string, number>;
}

/** Files keep the messages of a conversation together, so few sessions are in hand at a time. */
const REMEMBERED_SESSIONS = 50;

type RecordUnit = Extract<Imported, { kind: "record" }> & { readonly place: string };

/** Records in one write: enough to share its cost, few enough to be over soon. */
const BATCH = 500;
/** Characters in one write, so that long texts stay below the body limit of servers. */
const BATCH_CHARACTERS = 1_000_000;

/** Puts what files hold into a memory, a batch at a time. Each batch is written whole or not at all. */
export class Importer {
  readonly counts: Counts;
  readonly #options: ImporterOptions;
  readonly #touched = new Set<string>();
  readonly #messageIds = new Map<string, Set<string>>();
  readonly #seenKeys = new Set<string>();
  #pending = new Map<string, RecordUnit>();
  #characters = 0;

  constructor(options: ImporterOptions) {
    this.#options = options;
    this.counts = {
      ...{ created: 0, updated: 0, unchanged: 0, duplicates: 0 },
      ...{ sessions: 0, messages: 0, invalid: 0, leftOut: {} },
    };
  }

  /** Takes what one value of a file turned into. */
  async put(imported: Imported, place: string): Promise<void> {
    switch (imported.kind) {
      case "record":
        // The same id again must find the first one stored.
        if (this.#pending.has(imported.record.id)) await this.flush();
        if (hasExpired(imported.record.expiresAt)) return this.#leaveOut("expired");
        this.#pending.set(imported.record.id, { ...imported, place });
        this.#characters += imported.record.text?.length ?? 0;
        if (this.#pending.size >= BATCH || this.#characters >= BATCH_CHARACTERS) await this.flush();
        return;
      case "session":
        if (hasExpired(imported.session.expiresAt)) return this.#leaveOut("expired");
        return this.#putSession(imported, place);
      case "leftOut":
        return this.#leaveOut(imported.reason);
      case "end":
        return;
    }
  }

  /** Writes what is waiting. */
  async flush(): Promise<void> {
    const units = [...this.#pending.values()];
    this.#pending = new Map();
    this.#characters = 0;
    if (units.length === 0) return;
    this.#options.signal.throwIfAborted();
    const stored = await this.#addAll(await this.#withoutKnown(units));
    if (this.#options.sessions) await this.#appendTurns(stored);
  }

  invalid(place: string, reason: string): void {
    this.counts.invalid++;
    this.#options.onInvalid(place, reason);
  }

  /** Those whose id is not taken yet. The others count as unchanged. */
  async #withoutKnown(units: readonly RecordUnit[]): Promise<RecordUnit[]> {
    const { memory, update, signal, sessions } = this.#options;
    if (update) return [...units];
    const ids: string[] = units.map(({ record }) => record.id);
    const known = await memory.operations.get(memory.currentScope, ids, { signal });
    const [fresh, stored]: [RecordUnit[], RecordUnit[]] = [[], []];
    for (const [index, unit] of units.entries())
      (isSame(known[index] ?? null, unit.record) ? stored : fresh).push(unit);
    this.counts.unchanged += stored.length;
    // A run that was interrupted between record and message is made whole.
    if (sessions) await this.#appendTurns(stored);
    return fresh;
  }

  /** Gives those that are stored now. */
  async #addAll(units: readonly RecordUnit[]): Promise<RecordUnit[]> {
    const [alike, others]: [RecordUnit[], RecordUnit[]] = [[], []];
    for (const unit of units) (this.#isAlike(unit) ? alike : others).push(unit);
    return [...(await this.#add(others, true)), ...(await this.#add(alike, false))];
  }

  /** Whether an export has two records that say the same: they were kept apart, so they stay apart. */
  #isAlike({ duplicateKey }: RecordUnit): boolean {
    if (duplicateKey === undefined) return false;
    if (this.#seenKeys.has(duplicateKey)) return true;
    this.#seenKeys.add(duplicateKey);
    return false;
  }

  async #add(units: readonly RecordUnit[], deduplicate: boolean): Promise<RecordUnit[]> {
    if (units.length === 0) return [];
    const { memory, signal } = this.#options;
    const inputs: ImportedRecord[] = units.map(({ record }) => record);
    try {
      for (const { status } of await memory.add(inputs, { deduplicate, signal })) {
        if (status === "duplicate") this.counts.duplicates++;
        else this.counts[status]++;
      }
      return [...units];
    } catch (error) {
      if (!isAboutInput(error)) throw error;
      const [only] = units;
      if (only && units.length === 1) {
        this.invalid(only.place, error.message);
        return [];
      }
      // Nothing of the batch was stored; one at a time, the good ones get in and the bad ones are named.
      const stored: RecordUnit[] = [];
      for (const unit of units) stored.push(...(await this.#add([unit], deduplicate)));
      return stored;
    }
  }

  async #appendTurns(units: readonly RecordUnit[]): Promise<void> {
    const { memory, signal } = this.#options;
    const turns = units.flatMap(({ turn, place }) => (turn ? [{ ...turn, place }] : []));
    // Learning must not keep a second time what this import has kept.
    const persistedAt = formatMilliseconds(Date.now());
    for (const [sessionId, group] of Map.groupBy(turns, (turn) => turn.sessionId)) {
      try {
        const known = await this.#messagesOf(sessionId);
        const messages = group
          .filter(({ message }) => !known.has(message.id))
          .map(({ message }) => ({ ...message, persistedAt }));
        if (messages.length === 0) continue;
        for (const id of await memory.session(sessionId).append(messages, { signal })) {
          known.add(id);
          this.counts.messages++;
        }
        this.#countSession(sessionId);
      } catch (error) {
        if (!isAboutInput(error)) throw error;
        this.invalid(group[0]?.place ?? sessionId, `session ${JSON.stringify(sessionId)}: ${error.message}`);
      }
    }
  }

  /** Ids of the messages a session has: appending nothing new would still be a write. */
  async #messagesOf(sessionId: string): Promise<Set<string>> {
    const { memory, signal } = this.#options;
    const remembered = this.#messageIds.get(sessionId);
    if (remembered) return remembered;
    const ids = new Set((await memory.session(sessionId).messages({ signal })).map(({ id }) => id));
    const [oldest] = this.#messageIds.keys();
    if (oldest !== undefined && this.#messageIds.size >= REMEMBERED_SESSIONS) this.#messageIds.delete(oldest);
    this.#messageIds.set(sessionId, ids);
    return ids;
  }

  async #putSession({ session }: Extract<Imported, { kind: "session" }>, place: string): Promise<void> {
    const { memory, update, signal } = this.#options;
    signal.throwIfAborted();
    try {
      const written = await importSession(memory, session, { update, signal });
      if (!written) this.counts.unchanged++;
      else {
        this.counts.sessions++;
        this.counts.messages += session.messages.length;
      }
    } catch (error) {
      if (!isAboutInput(error)) throw error;
      this.invalid(place, error.message);
    }
  }

  #countSession(sessionId: string): void {
    if (this.#touched.has(sessionId)) return;
    this.#touched.add(sessionId);
    this.counts.sessions++;
  }

  #leaveOut(reason: string): void {
    this.counts.leftOut[reason] = (this.counts.leftOut[reason] ?? 0) + 1;
  }
}

/** Whether a stored record is the one to import, and not a stranger of the same id in another scope. */
function isSame(stored: MemoryRecord | null, record: ImportedRecord): boolean {
  if (stored === null) return false;
  return SCOPE_FIELDS.every((field) => {
    const given = record[field];
    if (given === undefined) return true;
    return stored[field] === (Array.isArray(given) ? joinNamespace(given) : given);
  });
}

/** True when the fault lies in one value of the file, not in the memory. */
function isAboutInput(error: unknown): error is MemoirError {
  return (
    error instanceof ValidationError ||
    (error instanceof ConflictError && error.code === "id_in_use") ||
    error instanceof UnsupportedError ||
    (MemoirError.is(error) && error.code === "body_too_large")
  );
}
