/** The pause after the first failed attempt, in milliseconds; each further one is twice as long. */
const FIRST_PAUSE = 2000;

/** The longest pause, in milliseconds. */
const LONGEST_PAUSE = 600_000;

/**
 * Milliseconds to wait after failed attempt number `attempts`: half of it fixed, half of it chance, so that jobs that
 * failed together do not come back together.
 */
export function pauseAfter(attempts: number, random: () => number): number {
  const full = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempts - 1));
  return Math.round(full / 2 + (full / 2) * random());
}
