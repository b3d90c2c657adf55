import { normalize } from "../../src/core/vector.ts";
import { createRandom, fillNormal, wholeBelow } from "./random.ts";

export const DIMENSIONS = 256;

const CLUSTERS = 1000;
/** Length of the noise against a centre of length 1: two vectors of a cluster then have a cosine of about 0.6. */
const NOISE = 0.82;
const QUERY_NOISE = 0.5;

const SEED = { centre: 11, vector: 12, query: 13 } as const;

const centres: (Float32Array | undefined)[] = [];

/** The unit vector at a place: a mixture of 1000 Gaussians. */
export function vectorAt(index: number): Float32Array {
  const random = createRandom(SEED.vector, index);
  const cluster = wholeBelow(random, CLUSTERS);
  centres[cluster] ??= unit(SEED.centre, cluster);
  return beside(centres[cluster], NOISE, SEED.vector, index);
}

/** Vectors near to some of the first `size`. */
export function queryVectors(size: number, count: number): Float32Array[] {
  return Array.from({ length: count }, (_, number) => {
    const random = createRandom(SEED.query, number);
    return beside(vectorAt(wholeBelow(random, size)), QUERY_NOISE, SEED.query, number);
  });
}

function unit(...seeds: number[]): Float32Array {
  const vector = new Float32Array(DIMENSIONS);
  fillNormal(createRandom(...seeds, 1), vector);
  return normalize(vector);
}

function beside(vector: Float32Array, distance: number, ...seeds: number[]): Float32Array {
  const noise = unit(...seeds);
  return normalize(noise.map((value, index) => distance * value + (vector[index] ?? 0)));
}
