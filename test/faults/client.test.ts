import { join } from "node:path";
import { expect, test } from "vitest";
import { connectMemory } from "../../src/client/index.ts";
import { Memory } from "../../src/memory.ts";
import { temporaryFolder } from "../cli/memoir.ts";
import { served } from "../cli/served.ts";
import { type FaultyRoute, faultyRouteTo } from "./faulty-route.ts";
import { HARMLESS, type LoadOptions, underLoad } from "./load.ts";

/** Writes over HTTP through a route, on which `fault` is worked. Callers give no keys: the client makes its own. */
async function throughFaults(
  title: string,
  fault: (route: FaultyRoute, ...progress: Parameters<LoadOptions["fault"]>) => Promise<unknown>,
) {
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
}

test("connections to the server that are cut amid writes cost callers nothing", async () => {
  const outcome = await throughFaults("connections cut", async (route, progress) => {
    for (let round = 0; round < 10; round++) {
      route.cut();
      await progress.writes(10);
    }
  });
  expect(outcome).toMatchObject({ ...HARMLESS, retried: {} });
});

test("writes whose answers are lost are done once", async () => {
  const outcome = await throughFaults("answers lost", async (route, progress) => {
    for (let round = 0; round < 5; round++) {
      route.loseAnswers();
      await progress.failures(1);
      route.mend();
      await progress.writes(10);
    }
  });
  expect(outcome).toMatchObject(HARMLESS);
  expect(Object.keys(outcome.retried)).toEqual(["server_unreachable"]);
});

test("calls to a server that answers no more end in time", async () => {
  const outcome = await throughFaults("a server that answers no more", async (route, progress) => {
    route.stall();
    await progress.failures(8);
    route.mend();
  });
  expect(outcome).toMatchObject(HARMLESS);
  expect(Object.keys(outcome.retried)).toEqual(["timed_out"]);
});

test("calls to a server that is not there end in time", async () => {
  const outcome = await throughFaults("a server that is not there", async (route, progress) => {
    route.refuse();
    await progress.failures(8);
    route.mend();
  });
  expect(outcome).toMatchObject(HARMLESS);
  expect(Object.keys(outcome.retried)).toEqual(["server_unreachable"]);
});
