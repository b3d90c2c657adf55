import { expect } from "vitest";
import { StoreError, ValidationError } from "../../core/errors.ts";
import type { JobHandler, RunningJob } from "../../core/jobs.ts";
import { toMilliseconds } from "../../core/time.ts";
import { area } from "../suite.ts";
import { inState, type JobFixture, makeDead, recorder, until } from "./fixture.ts";

/** Fails so many times before it does its work. */
function failing(times: number): { readonly seen: RunningJob[]; readonly handler: JobHandler } {
  const seen: RunningJob[] = [];
  return {
    seen,
    handler: async (job) => {
      seen.push(job);
      if (seen.length <= times) throw new Error(`failure ${seen.length}`);
    },
  };
}

export const retries = area<JobFixture>("retries", (verifies) => {
  const again: Parameters<typeof verifies>[2] = async (fixture) => {
    const { queue } = fixture;
    const { seen, handler } = failing(1);
    const id = await queue.enqueue({ kind: "flaky", payload: "p" });
    queue.work({ flaky: handler });
    // Where time goes by itself, the pause may be over before one looks.
    if (fixture.moves)
      await until(async () => {
        const [job] = await inState(queue, "delayed");
        expect(job).toMatchObject({ id, attempts: 1, failure: { code: "internal", message: "failure 1" } });
      });
    fixture.advance(60);
    await until(() => expect(seen).toHaveLength(2));
    expect(seen[1]).toMatchObject({ id, attempts: 2, payload: "p", failure: { message: "failure 1" } });
    await until(async () => expect(await queue.counts()).toEqual([]));
  };
  verifies("retries.again", "tries a failed job again until it is done", again);

  verifies.moving(
    "retries.backoff",
    "waits twice as long after each failure, spread by chance",
    async (fixture) => {
      const { queue } = fixture;
      queue.work({ flaky: failing(99).handler }, { concurrency: 10 });
      for (let number = 0; number < 10; number++) await queue.enqueue({ kind: "flaky" });
      for (const [attempt, pause] of [2, 4, 8, 16].entries()) {
        await until(async () => {
          const jobs = await inState(queue, "delayed");
          expect(jobs.map(({ attempts }) => attempts)).toEqual(Array(10).fill(attempt + 1));
        });
        const jobs = await inState(queue, "delayed");
        const pauses = jobs.map(({ runAt }) => (toMilliseconds(runAt) - fixture.now) / 1000);
        expect(Math.min(...pauses)).toBeGreaterThanOrEqual(pause / 2);
        expect(Math.max(...pauses)).toBeLessThanOrEqual(pause);
        expect(new Set(pauses).size).toBeGreaterThan(1);
        fixture.advance(pause);
      }
    },
    again,
  );
});

export const deadLetters = area<JobFixture>("dead letters", (verifies) => {
  verifies("dead.visible", "shows what failed for good, with code and sentence", async (fixture) => {
    const { queue } = fixture;
    const error = new StoreError(
      "store_failed",
      "No answer from redis://ann:sesame@db:6379/0?x=1&token=abc&replica=ann%3Asesame%40db at all.",
    );
    const id = await queue.enqueue({ kind: "broken", payload: { a: 1 }, maxAttempts: 2, key: "k" });
    queue.work({
      broken: async () => {
        throw error;
      },
    });
    if (fixture.moves) await until(async () => expect(await inState(queue, "delayed")).toHaveLength(1));
    fixture.advance(60);
    await until(async () => expect(await inState(queue, "dead")).toHaveLength(1));
    const [dead] = (await queue.list()).jobs;
    expect(dead).toMatchObject({
      id,
      kind: "broken",
      payload: { a: 1 },
      key: "k",
      state: "dead",
      attempts: 2,
    });
    expect(dead?.failure).toMatchObject({
      code: "store_failed",
      message: "No answer from redis://***@db:6379/0?x=1&token=***&replica=*** at all.",
    });
    expect(JSON.stringify(dead)).not.toContain("sesame");
    expect(await queue.counts()).toEqual([{ kind: "broken", waiting: 0, delayed: 0, running: 0, dead: 1 }]);
    expect(await queue.enqueue({ kind: "broken", key: "k", runAt: "2100-01-01" })).not.toBe(id);
  });

  verifies("dead.at-once", "tries nothing again that was refused as wrong input", async ({ queue }) => {
    const id = await queue.enqueue({ kind: "wrong" });
    queue.work({
      wrong: async () => {
        throw ValidationError.of("name", "is unknown here");
      },
    });
    await until(async () => expect(await inState(queue, "dead")).toMatchObject([{ id, attempts: 1 }]));
    const [dead] = await inState(queue, "dead");
    expect(dead?.failure).toMatchObject({ code: "invalid_input", message: "name: is unknown here" });
  });

  verifies(
    "dead.retried",
    "does a dead letter again on request, with all its attempts",
    async ({ queue }) => {
      const [id = ""] = await makeDead(queue, [{ kind: "broken", payload: 1, key: "k" }]);
      expect(await queue.retry(id)).toBe(true);
      expect(await queue.retry(id)).toBe(false);
      expect(await queue.retry("nothing")).toBe(false);
      expect(await inState(queue, "waiting")).toMatchObject([{ id, attempts: 0 }]);
      expect(await queue.enqueue({ kind: "broken", key: "k" })).toBe(id);
      const { seen, handler } = recorder();
      queue.work({ broken: handler });
      await until(() => expect(seen).toMatchObject([{ id, payload: 1, attempts: 1 }]));
      await until(async () => expect(await queue.counts()).toEqual([]));
    },
  );

  verifies("dead.replaced", "is replaced by a job that has taken its key", async ({ queue }) => {
    const [id = ""] = await makeDead(queue, [{ kind: "broken", payload: "old", key: "k" }]);
    const next = await queue.enqueue({ kind: "broken", payload: "new", key: "k" });
    expect(next).not.toBe(id);
    expect(await queue.retry(id)).toBe(true);
    expect(await queue.list()).toEqual({ jobs: [], cursor: null });
    expect(await inState(queue, "waiting")).toMatchObject([{ id: next, payload: "new" }]);
  });

  verifies("dead.discarded", "removes jobs that do not run, on request", async ({ queue }) => {
    const [dead = ""] = await makeDead(queue, [{ kind: "broken" }]);
    const waiting = await queue.enqueue({ kind: "idle", key: "k" });
    const delayed = await queue.enqueue({ kind: "idle", runAt: "2100-01-01" });
    for (const id of [dead, waiting, delayed]) {
      expect(await queue.discard(id)).toBe(true);
      expect(await queue.discard(id)).toBe(false);
    }
    expect(await queue.counts()).toEqual([]);
    expect(await queue.enqueue({ kind: "idle", key: "k" })).not.toBe(waiting);
  });

  verifies("dead.pages", "lists in pages that give every job once", async ({ queue }) => {
    const made = ["one", "two", "three"].flatMap((kind) => Array.from({ length: 3 }, () => ({ kind })));
    const ids = await makeDead(queue, made);
    const paged: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await queue.list({ limit: 2, ...(cursor !== undefined && { cursor }) });
      paged.push(...page.jobs.map(({ id }) => id));
      if (page.cursor === null) break;
      expect(page.jobs).toHaveLength(2);
      cursor = page.cursor;
    }
    expect(paged.toSorted()).toEqual(ids.toSorted());
    const kinds = (await queue.list()).jobs.map(({ kind }) => kind);
    expect(kinds).toEqual(kinds.toSorted());
    expect((await queue.list({ kind: "two" })).jobs.map(({ kind }) => kind)).toEqual(Array(3).fill("two"));
    expect((await queue.list({ kind: "none" })).jobs).toEqual([]);
    expect(await queue.counts()).toEqual(
      ["one", "three", "two"].map((kind) => ({ kind, waiting: 0, delayed: 0, running: 0, dead: 3 })),
    );
  });
});
