import { expect, test, vi } from "vitest";
import type { Task } from "../../src/contract/views.ts";
import type { JobStore } from "../../src/core/job-store.ts";
import { openMemory } from "../../src/index.ts";
import { createApp } from "../../src/server/app.ts";
import { createBacking, createMemoryStore } from "../../src/stores/memory/index.ts";

/** Jobs whose first `add` does not happen, as when its caller is killed before. */
function losesTheFirst(jobs: JobStore): JobStore {
  let lost = false;
  return {
    ...jobs,
    add: async (job) => {
      if (lost || job.kind !== "run-summary-view") return jobs.add(job);
      lost = true;
      throw new Error("killed");
    },
  };
}

test("a task whose writer is killed before it enqueues the job is found again", async () => {
  const backing = createBacking();
  const [store, { jobs }] = [createMemoryStore(backing), createMemoryStore(backing)];
  if (!jobs) throw new TypeError("The store keeps no jobs");
  const memory = await openMemory({ store, jobs: losesTheFirst(jobs) });
  const app = createApp({ operations: memory.operations });
  const send = async <Body>(method: string, path: string, body?: object) => {
    const headers = { "content-type": "application/json" };
    const answer = await app.request(path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    return { status: answer.status, body: (await answer.json()) as Body };
  };
  const asked = { source: "long_term", group_by: ["user_id"] };
  const view = await send<{ id: string }>("POST", "/v1/summary-views", asked);
  const run = await send("POST", `/v1/summary-views/${view.body.id}/run`, { task_id: "task-1" });
  // Nothing was acknowledged.
  expect(run.status).toBe(500);
  expect(await memory.jobs.counts()).toEqual([]);
  await vi.waitFor(async () => {
    const { body } = await send<Task>("GET", "/v1/tasks/task-1");
    expect(body.status).toBe("success");
  }, 30_000);
  expect((await memory.jobs.list()).jobs).toEqual([]);
  await memory.close();
});
