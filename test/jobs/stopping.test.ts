import { expect, test } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import { silentLogger } from "../../src/core/logger.ts";
import { createJobQueue } from "../../src/jobs/queue.ts";
import { createMemoryStore } from "../../src/stores/memory/index.ts";
import { ulidSource } from "../../src/ulid.ts";

test("a queue closes its store although a job that goes on cannot be given back", async () => {
  const { jobs } = createMemoryStore();
  if (!jobs) throw new TypeError("The store keeps no jobs");
  let closed = false;
  const troubles: string[] = [];
  const queue = createJobQueue({
    store: {
      ...jobs,
      release: async () => {
        throw new Error("the server is away");
      },
      close: async () => {
        closed = true;
      },
    },
    clock: systemClock,
    ids: ulidSource(systemClock),
    logger: { ...silentLogger, warn: (_, message) => troubles.push(message) },
  });
  const { promise: began, resolve: begin } = Promise.withResolvers<void>();
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  queue.work({
    deed: () => {
      begin();
      return ended;
    },
  });
  await queue.enqueue({ kind: "deed" });
  await began;
  await queue.close({ grace: 0 });
  expect(closed).toBe(true);
  expect(troubles).toEqual(["A job could not be given back"]);
  end();
});
