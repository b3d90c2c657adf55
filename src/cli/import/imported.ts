import { sha256Hex } from "../../core/content-hash.ts";
import { ValidationError } from "../../core/errors.ts";
import type { MemoryRecord, RecordInput } from "../../core/record.ts";
import type { ResolvedScope } from "../../core/scope.ts";
import type { MessageInput, SessionState } from "../../core/session/state.ts";

/** A record to import. It always has an id, so that importing twice changes nothing. */
export type ImportedRecord = RecordInput & { readonly id: string };

/** What one value of a file turned into. */
export type Imported =
  /** A record; `turn` is the same thing as a message of working memory, where it is one. */
  | {
      readonly kind: "record";
      readonly record: ImportedRecord;
      /** What tells records apart that say the same, for files that may have such records. */
      readonly duplicateKey?: string;
      readonly turn?: {
        readonly sessionId: string;
        readonly message: MessageInput & { readonly id: string };
      };
    }
  /** A whole session of working memory. */
  | { readonly kind: "session"; readonly session: SessionState }
  /** Something that is not kept, and why. */
  | { readonly kind: "leftOut"; readonly reason: string }
  /** The last line of our own export, with what should have come before it. */
  | { readonly kind: "end"; readonly records: number; readonly sessions: number };

/** Where a value came from, for ids and names. */
export interface Origin {
  /** The scope it goes into: the same file imported for two users gives two sets of ids. */
  readonly scope: ResolvedScope;
  /** Name of the file without folder and extension; null for standard input. */
  readonly stem: string | null;
  /** Line or item number. */
  readonly number: number;
}

/** How one kind of file is read. */
export interface Format {
  /** Whether a value looks like one of this kind's. */
  fits(value: Record<string, unknown>): boolean;
  /** @throws ValidationError naming what is wrong with the value. */
  read(value: Record<string, unknown>, origin: Origin): Imported[];
}

/** An id that is the same whenever the same thing is imported into the same scope. */
export function derivedId(kind: string, { scope }: Origin, parts: readonly unknown[]): string {
  const { namespace, userId, agentId } = scope;
  return `${kind}-${sha256Hex(JSON.stringify([namespace, userId, agentId, ...parts])).slice(0, 32)}`;
}

/** What a turn of a conversation is told by. */
export interface Turn {
  readonly format: string;
  readonly sessionId: string;
  /** Id of the message in its source; null when it has none. */
  readonly messageId: string | null;
  readonly role: string;
  readonly name: string | null;
  readonly text: string;
  readonly createdAt: RecordInput["createdAt"] | null;
  readonly metadata: MemoryRecord["metadata"];
}

/** A turn as a record to keep and as a message of its session. */
export function importedTurn(turn: Turn, origin: Origin): Imported {
  const { format, sessionId, messageId, role, name, text, metadata } = turn;
  const dated = turn.createdAt == null ? {} : { createdAt: turn.createdAt };
  // Without an id of its own a turn is known by what it says and when, else where: people do repeat themselves.
  const identity = messageId ?? [role, name, text, turn.createdAt ?? origin.number];
  const id = derivedId(format, origin, [sessionId, identity]);
  return {
    kind: "record",
    record: {
      id,
      text,
      type: "message",
      sessionId,
      speaker: name ?? role,
      ...dated,
      metadata: { ...metadata, source: format, role },
      ...(messageId !== null && { extractedFrom: [messageId] }),
      extracted: false,
    },
    turn: {
      sessionId,
      message: { id: messageId ?? id, role, content: text, name, ...dated, metadata },
    },
  };
}

/** @throws ValidationError unless the value is an object. */
export function asFields(value: unknown): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw ValidationError.of([], "must be a JSON object", value);
}
