import { describeVectorIndex } from "../../src/testing/index.ts";
import { createMemoryVectorIndex, createVectorBacking } from "../../src/vectors/memory/index.ts";
import { describeMemoryOver } from "./over-vectors.ts";

let backing = createVectorBacking();

const subject = {
  name: "vectors",
  open: async (space: Parameters<typeof createMemoryVectorIndex>[0]) =>
    createMemoryVectorIndex(space, backing),
  reset: async () => {
    backing = createVectorBacking();
  },
};

describeVectorIndex({ ...subject, tolerance: 1e-6, recall: 1 });
describeMemoryOver(subject);
