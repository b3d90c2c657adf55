/** Source of the present, in milliseconds since 1970. Injected, so that tests can move time. */
export interface Clock {
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };
