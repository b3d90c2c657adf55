import { ValidationError } from "../core/errors.ts";
import { checkLabel } from "../core/identifiers.ts";
import type { MemoryRecord } from "../core/record.ts";
import { type Instant, parseInstant } from "../core/time.ts";

/** A place between two records, as opaque text that survives URLs. */
export function encodeCursor(record: Pick<MemoryRecord, "createdAt" | "id">): string {
  const bytes = new TextEncoder().encode(JSON.stringify([record.createdAt, record.id]));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

/** @throws ValidationError for text that no listing gave out. */
export function decodeCursor(cursor: string): { createdAt: Instant; id: string } {
  try {
    const binary = atob(cursor.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    const [createdAt, id] = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return { createdAt: parseInstant(createdAt, "cursor"), id: checkLabel(id, "cursor") };
  } catch {
    throw ValidationError.of("cursor", "is not a cursor of a listing", cursor);
  }
}
