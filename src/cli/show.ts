import type { MemoryRecord } from "../core/record.ts";
import type { Output } from "./output.ts";
import { oneLine } from "./output.ts";

/** Whose record it is and what kind, in few words. */
export function aboutRecord(record: MemoryRecord): string {
  const parts = [
    record.type,
    record.namespace,
    record.userId,
    record.agentId,
    record.sessionId,
    record.speaker,
    record.topics.join(", "),
    (record.eventDate ?? record.createdAt).slice(0, 10),
    record.id,
  ];
  return parts
    .filter((part) => part !== null && part !== "")
    .map((part) => oneLine(part as string))
    .join(" · ");
}

/** Every field of a record that says something. */
export async function showRecord(record: MemoryRecord, output: Output): Promise<void> {
  await output.line(oneLine(record.text));
  for (const [field, value] of Object.entries(record)) {
    if (field === "text" || isEmpty(value)) continue;
    const text = typeof value === "string" ? value : JSON.stringify(value);
    await output.line(`  ${output.styled("dim", field.padEnd(26))}${oneLine(text)}`);
  }
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === "" || value === false) return true;
  return typeof value === "object" && Object.keys(value as object).length === 0;
}
