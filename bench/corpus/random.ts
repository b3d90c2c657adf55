/** Numbers in [0, 1), the same for the same seeds in every run and on every machine. */
export type Random = () => number;

/** A generator of its own for each list of seeds (Mulberry32, by Tommy Ettinger). */
export function createRandom(...seeds: readonly number[]): Random {
  let state = seeds.reduce((mixed, seed) => Math.imul(mixed ^ seed, 0x9e3779b1) + 0x85ebca6b, 0) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function wholeBelow(random: Random, end: number): number {
  return Math.floor(random() * end);
}

/** A rank from 0 to `count - 1`, each in proportion to the inverse of its place: Zipf's law of words. */
export function zipfRank(random: Random, count: number): number {
  return Math.min(count - 1, Math.floor((count + 1) ** random()) - 1);
}

/** Fills with numbers of the normal distribution (Box and Muller's method). */
export function fillNormal(random: Random, into: Float32Array): void {
  for (let index = 0; index < into.length; index += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    const angle = 2 * Math.PI * random();
    into[index] = radius * Math.cos(angle);
    if (index + 1 < into.length) into[index + 1] = radius * Math.sin(angle);
  }
}
