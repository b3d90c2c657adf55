import { expect } from "vitest";
import type { JobHandler, JobQueue, Schedule } from "../../core/jobs.ts";
import { outcome } from "../store/fixture.ts";
import { area } from "../suite.ts";
import { enqueueMany, holder, inState, type JobFixture, recorder, until } from "./fixture.ts";

export const leases = area<JobFixture>("leases", (verifies) => {
  verifies("leases.taken-over", "does the job of a worker that was killed", async (fixture) => {
    const { queue, kill } = await fixture.doomed();
    const id = await queue.enqueue({ kind: "deed", key: "k" });
    const { held, handler } = holder();
    queue.work({ deed: handler });
    await until(() => expect(held).toHaveLength(1));
    kill();
    const { seen, handler: heir } = recorder();
    fixture.queue.work({ deed: heir });
    expect(await fixture.queue.enqueue({ kind: "deed", key: "k" })).toBe(id);
    fixture.advance(fixture.lease);
    await until(() => expect(seen).toMatchObject([{ id, attempts: 2 }]));
    await until(async () => expect(await fixture.queue.counts()).toEqual([]));
  });

  verifies(
    "leases.last-attempt",
    "makes a dead letter of a job that has killed its last worker",
    async (fixture) => {
      const { queue, kill } = await fixture.doomed();
      const id = await queue.enqueue({ kind: "deadly", maxAttempts: 1 });
      const { held, handler } = holder();
      queue.work({ deadly: handler });
      await until(() => expect(held).toHaveLength(1));
      kill();
      const { seen, handler: heir } = recorder();
      fixture.queue.work({ deadly: heir });
      fixture.advance(fixture.lease);
      await until(async () => expect((await fixture.queue.list()).jobs).toMatchObject([{ id, attempts: 1 }]));
      expect((await fixture.queue.list()).jobs[0]?.failure?.code).toBe("timed_out");
      expect(seen).toEqual([]);
    },
  );

  verifies.moving(
    "leases.kept",
    "leaves a job to a worker that gives signs of life, however long it takes",
    async (fixture) => {
      const { queue } = fixture;
      const second = await fixture.another();
      const long = holder();
      const quick = recorder();
      queue.work({ long: long.handler, pulse: quick.handler }, { concurrency: 2 });
      await queue.enqueue({ kind: "long" });
      await until(() => expect(long.held).toHaveLength(1));
      second.work({ long: quick.handler });
      for (let step = 1; step <= 8; step++) {
        fixture.advance(fixture.lease / 2);
        // The worker that has done this has given a sign of life before.
        await queue.enqueue({ kind: "pulse" });
        await until(() => expect(quick.seen).toHaveLength(step));
      }
      expect(long.held[0]?.signal.aborted).toBe(false);
      long.letGo();
      await until(async () => expect(await queue.counts()).toEqual([]));
      expect(quick.seen.map(({ kind }) => kind)).toEqual(Array(8).fill("pulse"));
    },
    async (fixture) => {
      const { queue } = fixture;
      const second = await fixture.another();
      const { held, handler, letGo } = holder();
      const { seen, handler: other } = recorder();
      queue.work({ long: handler });
      await queue.enqueue({ kind: "long" });
      await until(() => expect(held).toHaveLength(1));
      second.work({ long: other });
      await enqueueMany(queue, 5, { kind: "long" });
      await until(() => expect(seen).toHaveLength(5));
      letGo();
      await until(async () => expect(await queue.counts()).toEqual([]));
      expect([held.length, seen.length]).toEqual([1, 5]);
    },
  );

  verifies("leases.lost", "does not count what a worker says of a job it has lost", async (fixture) => {
    const first = await fixture.doomed();
    const id = await first.queue.enqueue({ kind: "slow" });
    const [loser, winner] = [holder(), holder()];
    first.queue.work({ slow: loser.handler });
    await until(() => expect(loser.held).toHaveLength(1));
    first.kill();
    const { queue } = fixture;
    queue.work({ slow: winner.handler });
    fixture.advance(fixture.lease);
    await until(() => expect(winner.held).toMatchObject([{ id }]));
    first.raise();
    loser.letGo();
    await until(() => expect(first.said).toContain("finish"));
    expect(await inState(queue, "running")).toMatchObject([{ id, attempts: 2 }]);
    expect(winner.held[0]?.signal.aborted).toBe(false);
    winner.letGo();
    await until(async () => expect(await queue.counts()).toEqual([]));
  });
});

export const draining = area<JobFixture>("draining", (verifies) => {
  verifies("drain.waits", "waits for running jobs and takes no more", async (fixture) => {
    const { queue } = fixture;
    await enqueueMany(queue, 3, { kind: "work" });
    const { held, handler, letGo } = holder();
    const worker = queue.work({ work: handler });
    await until(() => expect(held).toHaveLength(1));
    let stopped = false;
    const stopping = worker.stop({ grace: 60_000 }).then(() => {
      stopped = true;
    });
    await until(() => expect(held[0]?.signal.aborted).toBe(true));
    expect(stopped).toBe(false);
    letGo();
    await stopping;
    expect(held).toHaveLength(1);
    expect(await queue.counts()).toEqual([{ kind: "work", waiting: 2, delayed: 0, running: 0, dead: 0 }]);
  });

  verifies(
    "drain.given-back",
    "gives back what does not end in time, as if it had not begun",
    async (fixture) => {
      const { queue } = fixture;
      const id = await queue.enqueue({ kind: "endless", maxAttempts: 1 });
      const { held, handler, letGo } = holder();
      const worker = queue.work({ endless: handler });
      await until(() => expect(held).toHaveLength(1));
      await worker.stop({ grace: 0 });
      expect(await inState(queue, "waiting")).toMatchObject([{ id, attempts: 0, failure: null }]);
      const { seen, handler: next } = recorder();
      const second = await fixture.another();
      second.work({ endless: next });
      await until(() => expect(seen).toMatchObject([{ id, attempts: 1 }]));
      letGo();
      await until(async () => expect(await queue.counts()).toEqual([]));
    },
  );

  verifies("drain.heeded", "gives back what ends because it is asked to", async ({ queue }) => {
    const id = await queue.enqueue({ kind: "patient", maxAttempts: 1 });
    let begun = false;
    const heeding: JobHandler = async ({ signal }) => {
      begun = true;
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      signal.throwIfAborted();
    };
    const worker = queue.work({ patient: heeding });
    await until(() => expect(begun).toBe(true));
    await worker.stop({ grace: 60_000 });
    expect(await inState(queue, "waiting")).toMatchObject([{ id, attempts: 0 }]);
  });

  verifies("drain.durable", "keeps every job when all handles are closed", async (fixture) => {
    const { queue } = fixture;
    const waiting = await queue.enqueue({ kind: "kept", payload: ["p"], key: "k", tenant: "t", priority: 1 });
    const delayed = await queue.enqueue({ kind: "kept", runAt: "2100-01-01T00:00:00Z" });
    const before = [await inState(queue, "waiting"), await inState(queue, "delayed")];
    const again = await fixture.reopen();
    const after = [await inState(again, "waiting"), await inState(again, "delayed")];
    expect(after).toEqual(before);
    expect(after.flat().map(({ id }) => id)).toEqual([waiting, delayed]);
    expect(await again.enqueue({ kind: "kept", key: "k", tenant: "t" })).toBe(waiting);
  });

  verifies("drain.closed", "refuses every call on a closed queue", async ({ queue }) => {
    await queue.close();
    await queue.close();
    const calls = [
      queue.enqueue({ kind: "late" }),
      queue.list(),
      queue.counts(),
      queue.retry("a"),
      queue.discard("a"),
      (async () => queue.work({}))(),
    ];
    expect(await Promise.all(calls.map(outcome))).toEqual(calls.map(() => "store_closed"));
  });
});

export const schedules = area<JobFixture>("schedules", (verifies) => {
  const shared: Schedule = { name: "pulse", kind: "tick", payload: { from: "schedule" }, every: 1 };

  /** Two workers with the same schedules, and what they have done. */
  function workers(queues: readonly JobQueue[], schedules: readonly Schedule[]) {
    const { seen, handler } = recorder();
    for (const queue of queues) queue.work({ tick: handler }, { schedules });
    return seen;
  }

  verifies("schedules.once", "does one run per tick, however many workers there are", async (fixture) => {
    const seen = workers([fixture.queue, await fixture.another()], [shared]);
    for (let ticks = 1; ticks <= 4; ticks++) {
      await until(() => expect(seen.length).toBeGreaterThanOrEqual(ticks));
      fixture.advance(1);
    }
    const instants = seen.map(({ runAt }) => Date.parse(runAt));
    expect(new Set(instants).size).toBe(instants.length);
    expect(instants.filter((instant) => instant % 1000 !== 0)).toEqual([]);
    expect(seen[0]).toMatchObject({ kind: "tick", payload: { from: "schedule" }, tenant: "default" });
  });

  verifies.moving(
    "schedules.made-up",
    "makes up once for ticks that nobody has run",
    async (fixture) => {
      const hourly: Schedule = { name: "hourly", kind: "tick", every: 3600 };
      const weekly: Schedule = { name: "weekly", kind: "tick", cron: "15 4 * * 1" };
      const seen = workers([fixture.queue, await fixture.another()], [hourly, weekly]);
      const runs = () => seen.map(({ key, runAt }) => `${key} ${runAt}`).sort();
      const begun = ["schedule hourly 2026-05-04T09:00:00Z", "schedule weekly 2026-05-04T04:15:00Z"];
      await until(() => expect(runs()).toEqual(begun));
      // What is not told to be done when its queue is closed would be done again.
      await until(async () => expect(await fixture.queue.counts()).toEqual([]));
      const again = await fixture.reopen();
      fixture.advance(3 * 3600);
      const later = workers([again, await fixture.another()], [hourly, weekly]);
      await until(() => expect(later.map(({ runAt }) => runAt)).toEqual(["2026-05-04T12:00:00Z"]));
    },
    async (fixture) => {
      const seen = workers([fixture.queue], [{ name: "yearly", kind: "tick", cron: "0 0 1 1 *" }]);
      await until(() => expect(seen).toHaveLength(1));
      await until(async () => expect(await fixture.queue.counts()).toEqual([]));
      const again = await fixture.reopen();
      const { seen: later, handler } = recorder();
      const schedules = [{ name: "yearly", kind: "tick", cron: "0 0 1 1 *" }];
      again.work({ tick: handler, other: handler }, { schedules });
      await again.enqueue({ kind: "other" });
      await until(() => expect(later).toHaveLength(1));
      expect(later.map(({ kind }) => kind)).toEqual(["other"]);
    },
  );

  verifies("schedules.no-pile", "starts no run beside one that goes on", async (fixture) => {
    const { held, handler, letGo } = holder();
    const { seen, handler: pulse } = recorder();
    const { queue } = fixture;
    const schedules: Schedule[] = [
      { name: "slow", kind: "slow", every: 1 },
      { name: "quick", kind: "tick", every: 1 },
    ];
    queue.work({ slow: handler, tick: pulse }, { schedules, concurrency: 5 });
    for (let ticks = 1; ticks <= 3; ticks++) {
      await until(() => expect(seen.length).toBeGreaterThanOrEqual(ticks));
      await until(() => expect(held).toHaveLength(1));
      fixture.advance(1);
    }
    expect(held).toHaveLength(1);
    letGo();
  });
});
