import * as chrono from "chrono-node";
import { ValidationError } from "../core/errors.ts";
import { type Instant, type InstantInput, parseInstant } from "../core/time.ts";

/**
 * Reads an instant in whatever form people wrote it: all that `parseInstant` reads, and text such as `1:56 pm on 8 May,
 * 2023`, `March-15-2024` or `2024年3月15日 周五 09:30`. Text without a zone is UTC, a day without a time begins it. Null
 * for what names no instant, such as `tomorrow`: the answer must not depend on the day it is asked.
 */
export function readLooseInstant(value: unknown): Instant | null {
  if (typeof value !== "string" && typeof value !== "number" && !(value instanceof Date)) return null;
  return strict(value) ?? (typeof value === "string" ? loose(value) : null);
}

function strict(value: InstantInput): Instant | null {
  try {
    return parseInstant(value, "instant");
  } catch (error) {
    if (error instanceof ValidationError) return null;
    throw error;
  }
}

/** Two days with nothing in common: whatever reads alike from both does not depend on the day of reading. */
const REFERENCES = [Date.UTC(1970, 0, 1), Date.UTC(2001, 5, 17, 9, 41, 23)];

function loose(text: string): Instant | null {
  const plain = text
    .replace(/(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日/u, "$1-$2-$3 ")
    .replace(/\(\p{L}{2,9}\)|(?:星期|周|週)\p{Script=Han}/gu, " ")
    .replace(/\s+/g, " ")
    .trim();
  const [first, second] = REFERENCES.map((reference) => milliseconds(plain, reference));
  if (first === undefined || first === null || first !== second) return null;
  return strict(new Date(first));
}

function milliseconds(text: string, reference: number): number | null {
  const [result] = chrono.parse(text, { instant: new Date(reference), timezone: 0 });
  if (!result) return null;
  const part = (name: chrono.Component) => result.start.get(name) ?? 0;
  const clock = result.start.isCertain("hour") ? [part("hour"), part("minute"), part("second")] : [0, 0, 0];
  const date = new Date(0);
  date.setUTCFullYear(part("year"), part("month") - 1, part("day"));
  date.setUTCHours(clock[0] ?? 0, clock[1], clock[2], part("millisecond"));
  return date.getTime() - part("timezoneOffset") * 60_000;
}
