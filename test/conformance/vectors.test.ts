import { describeVectorIndex } from "../../src/testing/index.ts";
import { createMemoryVectorIndex, createVectorBacking } from "../../src/vectors/memory/index.ts";

let backing = createVectorBacking();

describeVectorIndex({
  name: "vectors",
  open: async (space) => createMemoryVectorIndex(space, backing),
  reset: async () => {
    backing = createVectorBacking();
  },
  tolerance: 1e-6,
  recall: 1,
});
