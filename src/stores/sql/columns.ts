import type { FilterField } from "../../core/filter/fields.ts";

/** Fields of a record that have a column of their own in the table `records`. */
export const COLUMNS = {
  id: "id",
  version: "version",
  type: "type",
  namespace: "namespace",
  userId: "user_id",
  agentId: "agent_id",
  sessionId: "session_id",
  pinned: "pinned",
  extracted: "extracted",
  importance: "importance",
  accessCount: "access_count",
  createdAt: "created_at",
  updatedAt: "updated_at",
  lastAccessedAt: "last_accessed_at",
  persistedAt: "persisted_at",
  eventDate: "event_date",
  validFrom: "valid_from",
  validTo: "valid_to",
  expiresAt: "expires_at",
  topics: "topics",
  entities: "entities",
} as const satisfies Partial<Record<FilterField, string>>;

/** The column of a field in the table with this alias; undefined when it has none. */
export function ownColumn(table: string, field: FilterField): string | undefined {
  return Object.hasOwn(COLUMNS, field) ? `${table}.${COLUMNS[field as keyof typeof COLUMNS]}` : undefined;
}
