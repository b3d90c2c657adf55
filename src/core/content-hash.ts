import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { MemoryRecord } from "./record.ts";

type HashedFields = Pick<MemoryRecord, "type" | "namespace" | "sessionId" | "text" | "userId">;

/**
 * Hex SHA-256 of what a record says and for whom, in the form Redis Agent Memory Server uses: a JSON object of
 * memory_type, namespace, session_id, text and user_id, separated by `", "` and `": "`, non-ASCII as `\uXXXX`.
 */
export function contentHash(record: HashedFields): string {
  const fields: [string, string | null][] = [
    ["memory_type", record.type],
    ["namespace", record.namespace],
    ["session_id", record.sessionId],
    ["text", record.text],
    ["user_id", record.userId],
  ];
  const json = fields.map(([name, value]) => `"${name}": ${asciiJson(value)}`).join(", ");
  return sha256Hex(`{${json}}`);
}

type IdentityFields = Pick<MemoryRecord, "type" | "hash" | "agentId" | "speaker" | "eventDate">;

/**
 * The key under which two records are exact duplicates: same words in the same scope, by the same agent and speaker,
 * about the same date. Null for kept turns: people do say the same thing twice.
 */
export function duplicateKey(record: IdentityFields): string | null {
  if (record.type === "message") return null;
  const { hash, agentId, speaker, eventDate } = record;
  return agentId === null && speaker === null && eventDate === null
    ? hash
    : sha256Hex(JSON.stringify([hash, agentId, speaker, eventDate]));
}

export function sha256Hex(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text)));
}

function asciiJson(value: string | null): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Hex SHA-256 of a text that comes in pieces. */
export class TextHash {
  readonly #hash = sha256.create();

  add(piece: string): void {
    this.#hash.update(utf8ToBytes(piece));
  }

  hex(): string {
    return bytesToHex(this.#hash.digest());
  }
}
