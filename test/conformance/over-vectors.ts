import type { VectorIndex, VectorSpace } from "../../src/core/vector-index.ts";
import { openMemory } from "../../src/index.ts";
import { createBacking, createMemoryStore } from "../../src/stores/memory/index.ts";
import { describeMemory, describeVectorIndex, type VectorIndexSubject } from "../../src/testing/index.ts";
import { openVectorIndex } from "../../src/vectors/registry.ts";

/** The suite of a memory that asks a vector index in every search, however small the scope. */
export function describeMemoryOver(subject: {
  readonly name: string;
  open(space: VectorSpace): Promise<VectorIndex>;
  reset(): Promise<void>;
}): void {
  let backing = createBacking();
  describeMemory({
    name: subject.name,
    open: ({ clock, ids }) =>
      openMemory({
        store: createMemoryStore(backing),
        vectors: async (space) => ({ ...(await subject.open(space)), askedFrom: 0 }),
        clock,
        ids,
      }),
    async reset() {
      backing = createBacking();
      await subject.reset();
    },
  });
}

/**
 * The suite of a vector database against a server of somebody's own, where the environment names one, for example
 * `MEMOIR_TEST_QDRANT_URL=qdrant://localhost:6333`. Each test has a collection of its own, named `memoir_test…`, which stays.
 */
export function describeGiven(name: string, options: Partial<VectorIndexSubject> = {}): void {
  const url = process.env[`MEMOIR_TEST_${name.toUpperCase()}_URL`];
  if (!url) return;
  const run = Date.now().toString(36);
  let test = 0;
  describeVectorIndex({
    name: `${name} given`,
    open: (space) => openVectorIndex(url, { space, collection: `memoir_test_${run}_${test}` }),
    reset: async () => {
      test++;
    },
    ...options,
  });
}
