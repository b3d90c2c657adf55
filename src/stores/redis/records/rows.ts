import type { MemoryRecord } from "../../../core/record.ts";
import { asBytes, asText, type Reply } from "../connection/reply.ts";
import { decodeValue } from "../values.ts";

/** The record of what is kept apart: its JSON, its version, its accesses; those are empty where the JSON has the last. */
export function toRecord(
  body: Reply | undefined,
  version: Reply | undefined,
  access: Reply | undefined,
): MemoryRecord {
  const record = {
    ...(decodeValue(asBytes(body)) as unknown as MemoryRecord),
    version: Number(asText(version)),
  };
  const text = asText(access);
  if (text === "") return record;
  const space = text.indexOf(" ");
  return { ...record, accessCount: Number(text.slice(0, space)), lastAccessedAt: text.slice(space + 1) };
}
