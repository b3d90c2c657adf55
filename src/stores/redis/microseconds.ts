import {
  formatMilliseconds,
  fromInstantKey,
  type Instant,
  instantKey,
  toMilliseconds,
} from "../../core/time.ts";

/**
 * An instant as one number, as sorted sets order by: whole microseconds since 1970. Exact for the years 1685 to 2255;
 * beyond them to some 30 microseconds.
 */
export function toMicroseconds(instant: Instant): number {
  return Math.round(toMilliseconds(instant) * 1000);
}

export function fromMicroseconds(microseconds: number): Instant {
  const milliseconds = Math.floor(microseconds / 1000);
  const rest = String(microseconds - milliseconds * 1000).padStart(3, "0");
  return fromInstantKey(`${instantKey(formatMilliseconds(milliseconds)).slice(0, -4)}${rest}Z`);
}
