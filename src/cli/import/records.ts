import type { JsonObject, JsonValue } from "../../core/json.ts";
import { derivedId, type Format, type ImportedRecord, type Origin } from "./imported.ts";

/** Fields of a record that may be given; the store makes the others. Anything else is kept as metadata. */
const FIELDS = new Set<string>([
  ...["id", "text", "type", "speaker", "topics", "entities", "importance", "pinned"],
  ...["namespace", "userId", "agentId", "sessionId", "metadata"],
  ...["eventDate", "validFrom", "validTo", "expiresAt"],
  ...["createdAt", "updatedAt", "lastAccessedAt", "accessCount", "persistedAt"],
  ...["extractedFrom", "extractionStrategy", "extractionStrategyConfig", "extracted"],
]);

/** Made anew for what is imported. */
const MADE = new Set(["hash", "version"]);

/** Names that other memories give to the same fields, after snake case was undone. */
const ALIASES: Readonly<Record<string, string>> = { memoryType: "type", lastAccessed: "lastAccessedAt" };

/** JSON Lines of records: our own fields, in camel case or snake case, of which only `text` is needed. */
export const records: Format = {
  fits: (value) => typeof value["text"] === "string",
  read: (value, origin) => [{ kind: "record", record: readRecord(value, origin) }],
};

/** One record from a file. A text that somebody spoke is a kept turn unless the file says otherwise. */
export function readRecord(value: Record<string, unknown>, origin: Origin): ImportedRecord {
  const { fields, rest } = sortFields(value);
  const metadata = { ...rest, ...(fields["metadata"] as JsonObject | undefined) };
  const spoken = fields["speaker"] !== undefined && fields["type"] === undefined;
  const record = {
    ...fields,
    ...(spoken && { type: "message" }),
    ...(Object.keys(metadata).length > 0 && { metadata }),
  };
  const { id, ...content } = record as { id?: unknown };
  const number = record.type === "message" && !fields["createdAt"] ? origin.number : null;
  // What the fields hold is the library's to check, with the same words for every way in.
  return { ...content, id: givenId(id) ?? derivedId("record", origin, [content, number]) } as ImportedRecord;
}

function sortFields(value: Record<string, unknown>): {
  fields: Record<string, unknown> & { type?: unknown };
  rest: JsonObject;
} {
  const fields: [string, unknown][] = [];
  const rest: [string, JsonValue][] = [];
  for (const [key, part] of Object.entries(value)) {
    const camel = key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    const name = ALIASES[camel] ?? camel;
    if (part === null || MADE.has(name)) continue;
    if (FIELDS.has(name)) fields.push([name, part]);
    else rest.push([key, part as JsonValue]);
  }
  return { fields: Object.fromEntries(fields), rest: Object.fromEntries(rest) };
}

function givenId(id: unknown): string | undefined {
  return typeof id === "number" ? String(id) : (id as string | undefined);
}
