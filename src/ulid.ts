import { monotonicFactory } from "ulid";
import type { Clock } from "./core/clock.ts";
import type { IdSource } from "./core/identifiers.ts";

/** Ids that sort by the time they were made, also within one millisecond: ULIDs. */
export function ulidSource(clock: Clock): IdSource {
  const next = monotonicFactory();
  return { next: () => next(clock.now()) };
}
