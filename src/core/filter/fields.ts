import type { JsonValue } from "../json.ts";
import type { MemoryRecord } from "../record.ts";

/** How a field's values compare. `json` values carry their own type; a JSON array behaves as a list. */
export type FieldKind = "text" | "list" | "number" | "boolean" | "instant" | "json";

/** A filterable field: a record field by name, or a path inside `metadata`. */
export interface FieldRef {
  /** As the caller wrote it, for example `userId` or `metadata.project.name`. */
  readonly name: string;
  readonly kind: FieldKind;
  /** Keys inside `metadata`; empty for the record's own fields. */
  readonly path: readonly string[];
}

/** Kind of every record field a filter may name. */
export const FIELD_KINDS = {
  id: "text",
  text: "text",
  type: "text",
  namespace: "text",
  userId: "text",
  agentId: "text",
  sessionId: "text",
  speaker: "text",
  hash: "text",
  extractionStrategy: "text",
  topics: "list",
  entities: "list",
  extractedFrom: "list",
  importance: "number",
  accessCount: "number",
  version: "number",
  pinned: "boolean",
  extracted: "boolean",
  eventDate: "instant",
  validFrom: "instant",
  validTo: "instant",
  expiresAt: "instant",
  createdAt: "instant",
  updatedAt: "instant",
  lastAccessedAt: "instant",
  persistedAt: "instant",
} as const satisfies Partial<Record<keyof MemoryRecord, FieldKind>>;

export type FilterField = keyof typeof FIELD_KINDS;

/** The field a name means, or null when there is none. */
export function fieldRef(name: string): FieldRef | null {
  if (Object.hasOwn(FIELD_KINDS, name)) return { name, kind: FIELD_KINDS[name as FilterField], path: [] };
  if (!name.startsWith("metadata.")) return null;
  const path = name.slice("metadata.".length).split(".");
  return path.includes("") ? null : { name, kind: "json", path };
}

/** The field's value in a record; undefined when the record does not have it. */
export function fieldValue(record: MemoryRecord, field: FieldRef): JsonValue | undefined {
  if (field.path.length === 0) return (record[field.name as FilterField] as JsonValue | null) ?? undefined;
  let value: JsonValue | undefined = record.metadata;
  for (const key of field.path) {
    if (typeof value !== "object" || value === null || Array.isArray(value) || !Object.hasOwn(value, key))
      return undefined;
    value = value[key];
  }
  return value ?? undefined;
}
