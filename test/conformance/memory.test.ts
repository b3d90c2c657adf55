import { openMemory } from "../../src/index.ts";
import { createBacking, createMemoryStore } from "../../src/stores/memory/index.ts";
import { describeJobQueue, describeMemory, describeStore } from "../../src/testing/index.ts";
import { findingStore } from "../vectors/plain-candidates.ts";
import { jobsOf } from "./jobs-of.ts";

let backing = createBacking();

const reset = async () => {
  backing = createBacking();
};

describeStore({ name: "memory", open: async () => createMemoryStore(backing), reset, runs: 200 });

describeMemory({
  name: "memory",
  open: ({ clock, ids }) => openMemory({ store: createMemoryStore(backing), clock, ids }),
  reset,
});

describeMemory({
  name: "memory that finds by itself",
  open: ({ clock, ids }) =>
    openMemory({ store: findingStore(createMemoryStore(backing), 0), index: "store", clock, ids }),
  reset,
});

describeJobQueue({
  name: "memory",
  open: async () => jobsOf(createMemoryStore(backing)),
  reset,
});
