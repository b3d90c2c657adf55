import fc from "fast-check";
import { expect } from "vitest";
import type { JobHandler, NewJob } from "../../core/jobs.ts";
import { formatMilliseconds } from "../../core/time.ts";
import { arbitraryJson, arbitraryLabel } from "../arbitraries.ts";
import { fieldsOf } from "../memory/fixture.ts";
import { area } from "../suite.ts";
import { enqueueMany, holder, inState, type JobFixture, recorder, until } from "./fixture.ts";

export const running = area<JobFixture>("running", (verifies) => {
  verifies("jobs.run", "hands a job to its handler as it was enqueued", async ({ queue, now }) => {
    const payload = { text: "né\0 \u{1f600}", list: [1, null, { deep: true }], __proto__: null };
    const id = await queue.enqueue({ kind: "greet", payload, tenant: "acme", key: "k", priority: 3 });
    const { seen, handler } = recorder();
    queue.work({ greet: handler });
    await until(() => expect(seen).toHaveLength(1));
    expect(seen[0]).toMatchObject({
      id,
      kind: "greet",
      payload,
      tenant: "acme",
      key: "k",
      priority: 3,
      attempts: 1,
      maxAttempts: 5,
      failure: null,
    });
    expect(Math.abs(Date.parse(seen[0]?.createdAt ?? "") - now)).toBeLessThan(60_000);
    await until(async () => expect(await queue.counts()).toEqual([]));
  });

  verifies("jobs.any-payload", "keeps any JSON and any text exactly", async ({ queue, runs }) => {
    const { seen, handler } = recorder();
    queue.work({ keep: handler });
    const property = fc.asyncProperty(arbitraryJson(), arbitraryLabel(), async (payload, label) => {
      const id = await queue.enqueue({ kind: "keep", payload, key: label, tenant: label });
      await until(() => expect(seen.at(-1)?.id).toBe(id));
      expect(seen.at(-1)).toMatchObject({ key: label, tenant: label });
      expect(seen.at(-1)?.payload).toEqual(JSON.parse(JSON.stringify(payload)));
      await until(async () => expect(await queue.counts()).toEqual([]));
    });
    await fc.assert(property, { numRuns: runs });
  });

  verifies("jobs.refused", "refuses wrong jobs, workers and questions by name", async ({ queue }) => {
    const wrong: [string, Partial<Record<keyof NewJob, unknown>>][] = [
      ["kind", { kind: "Not a kind" }],
      ["kind", { kind: "a".repeat(65) }],
      ["kind", { kind: undefined }],
      ["payload.when", { payload: { when: new Date(0) } }],
      ["payload", { payload: Number.NaN }],
      ["key", { key: "" }],
      ["tenant", { tenant: "\ud800" }],
      ["runAt", { runAt: "soon" }],
      ["maxAttempts", { maxAttempts: 0 }],
      ["priority", { priority: 0.5 }],
    ];
    for (const [field, part] of wrong)
      expect(await fieldsOf(queue.enqueue({ kind: "fine", ...part } as NewJob)), field).toEqual([field]);
    expect(await queue.counts()).toEqual([]);
    expect(await fieldsOf(queue.list({ state: "asleep" as never }))).toEqual(["state"]);
    expect(await fieldsOf(queue.list({ limit: 0 }))).toEqual(["limit"]);
    const work = async (...given: Parameters<typeof queue.work>) => queue.work(...given).stop();
    const fine = { fine: async () => {} };
    expect(await fieldsOf(work({ Wrong: async () => {} }))).toEqual(["handlers"]);
    expect(await fieldsOf(work(fine, { concurrency: 0 }))).toEqual(["concurrency"]);
    const schedule = { name: "s", kind: "fine" };
    expect(await fieldsOf(work(fine, { schedules: [schedule] }))).toEqual(["schedules.every"]);
    expect(await fieldsOf(work(fine, { schedules: [{ ...schedule, every: 1, cron: "* * * * *" }] }))).toEqual(
      ["schedules.every"],
    );
    expect(await fieldsOf(work(fine, { schedules: [{ ...schedule, cron: "often" }] }))).toEqual([
      "schedules.cron",
    ]);
    expect(await fieldsOf(work(fine, { schedules: [{ ...schedule, kind: "other", every: 1 }] }))).toEqual([
      "schedules.kind",
    ]);
  });

  verifies("jobs.kinds", "takes only jobs that have a handler", async ({ queue }) => {
    const other = await queue.enqueue({ kind: "other" });
    await queue.enqueue({ kind: "known" });
    const { seen, handler } = recorder();
    queue.work({ known: handler });
    await until(() => expect(seen).toHaveLength(1));
    expect((await inState(queue, "waiting")).map(({ id }) => id)).toEqual([other]);
    queue.work({ other: handler });
    await until(() => expect(seen.map(({ kind }) => kind)).toEqual(["known", "other"]));
  });

  verifies(
    "jobs.order",
    "does higher priorities first, and equal ones in the order they came",
    async (fixture) => {
      const { queue } = fixture;
      const first = await enqueueMany(queue, 3, { kind: "step" });
      const urgent = await enqueueMany(queue, 3, { kind: "step", priority: 5 });
      const idle = await queue.enqueue({ kind: "step", priority: -5 });
      const { seen, handler } = recorder();
      queue.work({ step: handler });
      await until(() => expect(seen).toHaveLength(7));
      expect(seen.map(({ id }) => id)).toEqual([...urgent, ...first, idle]);
    },
  );

  verifies("jobs.concurrency", "does as many side by side as it may, and no more", async ({ queue }) => {
    await enqueueMany(queue, 7, { kind: "wait" });
    const { held, handler, letGo } = holder();
    queue.work({ wait: handler }, { concurrency: 3 });
    await until(() => expect(held).toHaveLength(3));
    await until(async () =>
      expect(await queue.counts()).toEqual([{ kind: "wait", waiting: 4, delayed: 0, running: 3, dead: 0 }]),
    );
    expect(held).toHaveLength(3);
    letGo();
    await until(() => expect(held).toHaveLength(7));
  });

  verifies("jobs.shared", "shares jobs among workers, each done once", async (fixture) => {
    const queues = [fixture.queue, await fixture.another()];
    const { seen, handler } = recorder();
    for (const queue of queues) queue.work({ share: handler }, { concurrency: 3 });
    const adding = queues.map((queue) => enqueueMany(queue, 30, { kind: "share" }));
    const ids = (await Promise.all(adding)).flat();
    await until(async () => expect(await fixture.queue.counts()).toEqual([]));
    expect(seen.map(({ id }) => id).sort()).toEqual(ids.sort());
  });

  const delayed: Parameters<typeof verifies>[2] = async ({ queue, now }) => {
    const runAt = formatMilliseconds(now + 3_600_000);
    const id = await queue.enqueue({ kind: "later", runAt });
    await queue.enqueue({ kind: "later", runAt: formatMilliseconds(now - 3_600_000) });
    const { seen, handler } = recorder();
    queue.work({ later: handler });
    await until(() => expect(seen).toHaveLength(1));
    expect(await inState(queue, "delayed")).toMatchObject([{ id, runAt, state: "delayed", attempts: 0 }]);
  };

  verifies.moving(
    "jobs.delay",
    "does nothing before its instant",
    async (fixture) => {
      const { queue, now } = fixture;
      const { seen, handler } = recorder();
      queue.work({ later: handler });
      const id = await queue.enqueue({ kind: "later", runAt: formatMilliseconds(now + 60_000) });
      fixture.advance(59.999);
      await queue.enqueue({ kind: "later", payload: "at once" });
      await until(() => expect(seen.map(({ payload }) => payload)).toEqual(["at once"]));
      expect(await inState(queue, "delayed")).toMatchObject([{ id }]);
      fixture.advance(0.001);
      await until(() => expect(seen.at(-1)?.id).toBe(id));
    },
    delayed,
  );
});

export const keys = area<JobFixture>("keys", (verifies) => {
  verifies("keys.once", "keeps one waiting or running job of a key", async ({ queue }) => {
    const first = await queue.enqueue({ kind: "sync", key: "k", payload: 1 });
    expect(await queue.enqueue({ kind: "sync", key: "k", payload: 2 })).toBe(first);
    const others = [
      { kind: "sync", key: "K" },
      { kind: "sync", key: "k", tenant: "other" },
      { kind: "sync-all", key: "k" },
      { kind: "sync" },
      { kind: "sync" },
    ];
    const ids = [first];
    for (const job of others) ids.push(await queue.enqueue(job));
    expect(new Set(ids).size).toBe(6);
    const { held, handler, letGo } = holder();
    queue.work({ sync: handler, "sync-all": handler }, { concurrency: 10 });
    await until(() => expect(held).toHaveLength(6));
    expect(await queue.enqueue({ kind: "sync", key: "k", payload: 3 })).toBe(first);
    letGo();
    await until(async () => expect(await queue.counts()).toEqual([]));
    expect(await queue.enqueue({ kind: "sync", key: "k", payload: 4 })).not.toBe(first);
    await until(() => expect(held.map(({ payload }) => payload)).toContain(4));
    expect(held).toHaveLength(7);
  });

  verifies("keys.races", "keeps one job of a key that several handles enqueue at once", async (fixture) => {
    const queues = [fixture.queue, await fixture.another()];
    for (let round = 0; round < 5; round++) {
      const adding = [0, 1, 2, 3].map((number) =>
        (queues[number % 2] as typeof fixture.queue).enqueue({ kind: "race", key: `k${round}` }),
      );
      expect(new Set(await Promise.all(adding)).size).toBe(1);
    }
    expect(await fixture.queue.counts()).toMatchObject([{ kind: "race", waiting: 5 }]);
  });

  verifies("keys.retrying", "is held while the job waits for its next attempt", async ({ queue }) => {
    let fail = true;
    const handler: JobHandler = async () => {
      if (fail) throw new Error("not yet");
    };
    const id = await queue.enqueue({ kind: "retry", key: "k" });
    const worker = queue.work({ retry: handler });
    // Where time goes by itself, the first pause may be over before one looks.
    await until(async () => expect(await inState(queue, "delayed")).toMatchObject([{ id }]));
    expect(await queue.enqueue({ kind: "retry", key: "k" })).toBe(id);
    fail = false;
    await worker.stop();
  });
});
