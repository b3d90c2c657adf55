import { compareInstants, type Instant } from "./time.ts";

/**
 * Which old versions of a record stay: those that either says. The current one always stays, and so does the one before a removal,
 * which tells what was removed.
 */
export interface VersionRetention {
  /** So many of the newest; null says nothing. */
  readonly newest: number | null;
  /** Those that say what was known at this instant or later; null says nothing. */
  readonly since: Instant | null;
}

/** How many of the oldest versions of one record may go. */
export function forgettable(
  versions: readonly { readonly at: Instant; readonly present: boolean }[],
  { newest, since }: VersionRetention,
): number {
  if (newest === null && since === null) return 0;
  const last = versions.length - 1;
  const then = since === null ? last : versions.findLastIndex(({ at }) => compareInstants(at, since) <= 0);
  const first = Math.max(0, Math.min(last, then, newest === null ? last : versions.length - newest));
  return first > 0 && versions[first]?.present === false ? first - 1 : first;
}
