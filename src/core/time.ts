import { ValidationError } from "./errors.ts";

/**
 * An instant as UTC text: `2026-05-04T09:30:00Z`, with three or six digits of fraction when it is not zero.
 * Text keeps the microseconds that other clients send and that a `Date` would lose.
 */
export type Instant = string;

/** What callers may write for an instant: a Date, ISO 8601 text, or a Unix number (seconds, milliseconds when large). */
export type InstantInput = Date | string | number;

/** Unix numbers beyond this are milliseconds: in seconds they would lie after the year 2603. */
const MILLISECOND_WATERSHED = 2e10;
const MIN_MILLISECONDS = -62_135_596_800_000; // 0001-01-01T00:00:00Z
const MAX_MILLISECONDS = 253_402_300_799_999; // 9999-12-31T23:59:59.999Z

/** Before this nothing is, and nothing has expired. */
export const FIRST_INSTANT: Instant = "0001-01-01T00:00:00Z";

const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s?(Z|z|[+-]\d{2}(?::?\d{2})?)?)?$/;

/**
 * Reads an instant. A bare date is midnight UTC, and text without a zone is UTC.
 * @throws ValidationError naming `field` when the value is no instant or lies outside the years 1 to 9999.
 */
export function parseInstant(input: InstantInput, field: string | readonly (string | number)[]): Instant {
  const parts = readParts(input);
  if (parts === null) {
    throw ValidationError.of(
      field,
      "must be an instant: ISO 8601 text such as 2026-05-04T09:30:00Z, a Date, or a Unix number",
      input instanceof Date ? String(input) : input,
      "datetime_type",
    );
  }
  return format(parts);
}

/** Whole seconds since 1970 and the microseconds after them: together exact over all years, unlike one number. */
interface Parts {
  readonly seconds: number;
  readonly microseconds: number;
}

function readParts(input: unknown): Parts | null {
  if (input instanceof Date) return fromMilliseconds(input.getTime());
  if (typeof input === "number") {
    return fromMilliseconds(Math.abs(input) > MILLISECOND_WATERSHED ? input : input * 1000);
  }
  return typeof input === "string" ? fromText(input.trim()) : null;
}

function fromMilliseconds(milliseconds: number): Parts | null {
  if (!(milliseconds >= MIN_MILLISECONDS && milliseconds <= MAX_MILLISECONDS)) return null;
  const seconds = Math.floor(milliseconds / 1000);
  const microseconds = Math.round((milliseconds - seconds * 1000) * 1000);
  return microseconds === 1_000_000 ? { seconds: seconds + 1, microseconds: 0 } : { seconds, microseconds };
}

function fromText(text: string): Parts | null {
  const match = ISO.exec(text);
  if (!match) return null;
  const [, year, month, day, hour = "00", minute = "00", second = "00", fraction = "", zone = "Z"] = match;
  const offset = zone.toUpperCase() === "Z" ? 0 : offsetMinutes(zone);
  if (offset === null) return null;
  const base = new Date(0);
  base.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  if (base.getUTCMonth() !== Number(month) - 1 || base.getUTCDate() !== Number(day)) return null;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null;
  base.setUTCHours(Number(hour), Number(minute) - offset, Number(second));
  const parts = fromMilliseconds(base.getTime());
  return parts && { seconds: parts.seconds, microseconds: Number(fraction.padEnd(6, "0").slice(0, 6)) };
}

function offsetMinutes(zone: string): number | null {
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(3).replace(":", "") || 0);
  if (hours > 23 || minutes > 59) return null;
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes);
}

function format({ seconds, microseconds }: Parts): Instant {
  const head = new Date(seconds * 1000).toISOString().slice(0, 19);
  if (microseconds === 0) return `${head}Z`;
  const digits = String(microseconds).padStart(6, "0");
  return `${head}.${digits.endsWith("000") ? digits.slice(0, 3) : digits}Z`;
}

/** Milliseconds since 1970 as an instant. */
export function formatMilliseconds(milliseconds: number): Instant {
  return parseInstant(new Date(milliseconds), "milliseconds");
}

/** Milliseconds since 1970 of an instant, with the microseconds as a fraction. For arithmetic, not for ordering. */
export function toMilliseconds(instant: Instant): number {
  const parts = readParts(instant);
  if (parts === null) throw new TypeError(`Not an instant: ${instant}`);
  return parts.seconds * 1000 + parts.microseconds / 1000;
}

/** An instant in fixed width, `2026-05-04T09:30:00.000000Z`: ordering these texts orders the instants exactly. */
export function instantKey(instant: Instant): string {
  const fraction = instant.slice(20, -1);
  return `${instant.slice(0, 19)}.${fraction.padEnd(6, "0")}Z`;
}

/** The instant of an `instantKey`. */
export function fromInstantKey(key: string): Instant {
  if (key.endsWith(".000000Z")) return `${key.slice(0, 19)}Z`;
  return key.endsWith("000Z") ? `${key.slice(0, 23)}Z` : key;
}

/** Negative, zero or positive as `left` is before, at or after `right`. */
export function compareInstants(left: Instant, right: Instant): number {
  const [a, b] = [instantKey(left), instantKey(right)];
  return a < b ? -1 : a > b ? 1 : 0;
}
