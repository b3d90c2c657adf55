import type { TextValue } from "./sql.ts";

/**
 * PostgreSQL's text has no NUL, memory's has. So U+0000 is kept as U+0001 U+0001, and U+0001 as U+0001 U+0002. That keeps
 * the order by code points and what begins with what, so filters and sorting need not know of it.
 */
function withoutNul(text: string): string {
  return text.replaceAll("\u0001", "\u0001\u0002").replaceAll("\0", "\u0001\u0001");
}

function withNul(text: string): string {
  return text.includes("\u0001")
    ? text.replaceAll("\u0001\u0001", "\0").replaceAll("\u0001\u0002", "\u0001")
    : text;
}

/** JSON text that PostgreSQL can take apart: its strings and keys have no NUL. */
export function encodeJson(value: unknown): string {
  const text = JSON.stringify(value);
  return /\\u000[01]/.test(text) ? JSON.stringify(mapStrings(value, withoutNul)) : text;
}

/** The value of a JSON text that `encodeJson` made, or PostgreSQL put together of such. */
export function decodeJson<Value>(text: string): Value {
  const value = JSON.parse(text) as unknown;
  return (text.includes("\\u0001") ? mapStrings(value, withNul) : value) as Value;
}

/** A value as the server reads it. */
export function encodeValue(value: TextValue): string | null {
  if (value === null) return null;
  if (typeof value === "object") return `{${value.map(encodeElement).join(",")}}`;
  return typeof value === "string" ? withoutNul(value) : String(value);
}

/** A text as the server gave it. */
export function decodeText(text: string | null): string | null {
  return text === null ? null : withNul(text);
}

/** An element of an array, https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO. */
function encodeElement(element: string | number | null): string {
  if (element === null) return "NULL";
  if (typeof element === "number") return String(element);
  return `"${withoutNul(element).replaceAll(/["\\]/g, "\\$&")}"`;
}

function mapStrings(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, change));
  // fromEntries defines keys, so that `__proto__` stays a key.
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [change(key), mapStrings(item, change)]),
  );
}
