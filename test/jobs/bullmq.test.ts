import { expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import { silentLogger } from "../../src/core/logger.ts";
import { openBullmqJobStore } from "../../src/jobs/bullmq/index.ts";
import { createJobQueue } from "../../src/jobs/queue.ts";
import { ulidSource } from "../../src/ulid.ts";
import { freshPrefix, withServer } from "../servers/with-server.ts";

await withServer("redis", ({ url }) => {
  test("Node warns of no leak when many jobs of many kinds come at once", async () => {
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on("warning", note);
    onTestFinished(() => void process.off("warning", note));
    const store = await openBullmqJobStore({ url, prefix: `{${freshPrefix()}}` });
    const jobs = createJobQueue({
      store,
      clock: systemClock,
      ids: ulidSource(systemClock),
      logger: silentLogger,
    });
    await Promise.all(Array.from({ length: 60 }, (_, index) => jobs.enqueue({ kind: `kind-${index % 12}` })));
    const counts = await jobs.counts();
    expect(counts.map(({ waiting }) => waiting)).toEqual(Array.from({ length: 12 }, () => 5));
    await jobs.close();
    expect(warnings).toEqual([]);
  });
});
