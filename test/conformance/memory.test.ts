import { createBacking, createMemoryStore } from "../../src/stores/memory/index.ts";
import { describeStore } from "../../src/testing/describe-store.ts";

let backing = createBacking();

describeStore({
  name: "memory",
  open: async () => createMemoryStore(backing),
  reset: async () => {
    backing = createBacking();
  },
  runs: 200,
});
