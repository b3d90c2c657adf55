import type { VectorIndex, VectorSpace } from "../../src/core/vector-index.ts";
import { openMemory } from "../../src/index.ts";
import { createBacking, createMemoryStore } from "../../src/stores/memory/index.ts";
import { describeMemory } from "../../src/testing/index.ts";

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
