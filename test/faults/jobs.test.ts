import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { JobQueue } from "../../src/core/jobs.ts";
import { openMemory } from "../../src/index.ts";
import { temporaryFolders } from "../conformance/folder.ts";
import { startRedis } from "../servers/redis.ts";
import { freshPrefix, withPrograms, withServer } from "../servers/with-server.ts";
import { openEngine } from "./job-engines.ts";

const SCRIPT = fileURLToPath(new URL("./do-jobs.ts", import.meta.url));
const PATIENCE = 60_000;
const TIMEOUT = { timeout: 3 * PATIENCE };

const soon = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: PATIENCE, interval: 20 });

/** A worker in a process of its own, which does so many jobs at most. */
function workElsewhere(url: string, name: string, limit: number) {
  const child = spawn(process.execPath, [SCRIPT, url, name, String(limit)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [began, did]: [string[], string[]] = [[], []];
  createInterface(child.stdout).on("line", (line) => {
    const [what, id = ""] = line.split(" ");
    (what === "began" ? began : did).push(id);
  });
  const kill = async () => {
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "close");
  };
  return { began, did, kill };
}

/** The queue of this process; its clock may run ahead, so that the leases of others seem to be over. */
async function openQueue(url: string, name: string, ahead = 0): Promise<JobQueue> {
  const clock = { now: () => Date.now() + ahead };
  const jobs = await openEngine(url, name);
  const memory = await openMemory({ store: "memory:", jobs, clock, workers: 0 });
  onTestFinished(() => memory.close());
  return memory.jobs;
}

function survivesKills(open: () => Promise<{ readonly url: string; readonly name: string }>): void {
  test(
    "the job of a worker that was killed in the middle is done by another one, once more",
    TIMEOUT,
    async () => {
      const { url, name } = await open();
      const queue = await openQueue(url, name);
      const id = await queue.enqueue({ kind: "deed", payload: "hang" });
      const first = workElsewhere(url, name, 1);
      await soon(() => expect(first.began).toEqual([id]));
      await first.kill();
      const heir = await openQueue(url, name, 60_000);
      const done: string[] = [];
      heir.work({ deed: async (job) => void done.push(`${job.id} ${job.attempts}`) });
      await soon(async () => expect(await queue.counts()).toEqual([]));
      expect(done).toEqual([`${id} 2`]);
    },
  );

  test("workers killed again and again amid many jobs lose none", TIMEOUT, async () => {
    const { url, name } = await open();
    const queue = await openQueue(url, name);
    const ids: string[] = [];
    for (let number = 0; number < 60; number++)
      ids.push(await queue.enqueue({ kind: "deed", payload: number, maxAttempts: 20 }));
    const done: string[] = [];
    for (const enough of [3, 11, 17]) {
      // Stopped a few later, so that a fast one leaves something to those after it.
      const worker = workElsewhere(url, name, enough + 8);
      await soon(() => expect(worker.did.length).toBeGreaterThanOrEqual(enough));
      await worker.kill();
      done.push(...worker.did);
    }
    const heir = await openQueue(url, name, 60_000);
    heir.work({ deed: async (job) => void done.push(job.id) }, { concurrency: 4 });
    await soon(async () => expect(await queue.counts()).toEqual([]));
    expect([...new Set(done)].sort()).toEqual(ids.toSorted());
    // Done, but not yet said so when the process died: four lanes in each of three processes at most.
    const again = done.length - ids.length;
    process.stdout.write(`${name}: ${ids.length} jobs, ${again} done twice\n`);
    expect(again).toBeLessThanOrEqual(12);
  });
}

describe("jobs in SQLite", () => {
  const folders = temporaryFolders();
  survivesKills(async () => ({ url: `sqlite:${join(await folders.fresh(), "memory.db")}`, name: "sqlite" }));
});

await withServer("redis", ({ url }) => {
  describe("jobs in Redis", () => survivesKills(async () => ({ url, name: freshPrefix() })));
});

await withServer("postgres", ({ url }) => {
  const name = () => freshPrefix().replace("-", "_");
  describe("jobs in PostgreSQL", () => survivesKills(async () => ({ url, name: name() })));
});

await withPrograms(({ redis7 }) => {
  test("jobs and workers outlive a Redis that is killed and comes back", TIMEOUT, async () => {
    const server = await startRedis({ program: redis7, durable: true });
    onTestFinished(() => server.remove());
    const queue = await openQueue(server.url, "jobs");
    const done: number[] = [];
    queue.work({ deed: async ({ payload }) => void done.push(Number(payload)) });
    await queue.enqueue({ kind: "deed", payload: 1 });
    await soon(() => expect(done).toEqual([1]));
    const later = await queue.enqueue({ kind: "deed", payload: 2, runAt: new Date(Date.now() + 5000) });
    await server.process.kill();
    const failed = await queue.enqueue({ kind: "deed" }).catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: "store_unavailable", retryable: true });
    await server.process.start();
    await soon(async () => expect(await queue.enqueue({ kind: "deed", payload: 3 })).not.toBe(later));
    await soon(() => expect(new Set(done)).toEqual(new Set([1, 2, 3])));
  });
});
