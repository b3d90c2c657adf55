import { join } from "node:path";
import { describe, expect } from "vitest";
import { connectMemory } from "../../src/client/index.ts";
import { Memory } from "../../src/memory.ts";
import { temporaryFolder } from "../cli/memoir.ts";
import { served } from "../cli/served.ts";
import { faultyRouteTo } from "./faulty-route.ts";
import { underLoad } from "./load.ts";
import { type ThroughFaults, verifyRouteFaults } from "./route-faults.ts";

/** Writes over HTTP through a route, on which `fault` is worked. Callers give no keys: the client makes its own. */
const throughFaults: ThroughFaults = async (title, fault) => {
  const folder = temporaryFolder();
  const { child, result, address } = await served(folder);
  const route = await faultyRouteTo(address.port);
  const outcome = await underLoad({
    title,
    store: `sqlite:${join(folder, "memory.db")}`,
    open: async () => {
      const url = `http://127.0.0.1:${route.port}`;
      return new Memory({ operations: await connectMemory(url, { timeout: 2000, backoff: 5 }) });
    },
    fault: (progress) => fault(route, progress),
    repeats: false,
  });
  child.kill("SIGTERM");
  expect((await result).code).toBe(0);
  return outcome;
};

describe("the way to a memory's server", () => {
  verifyRouteFaults(throughFaults, {
    lostAnswer: "server_unreachable",
    noAnswer: "timed_out",
    nobodyThere: "server_unreachable",
  });
});
