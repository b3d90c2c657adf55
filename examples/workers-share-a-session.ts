/** Several processes that share a queue, a counter and a log in one session, and lose nothing. */
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openMemory } from "memoir";

const WORKERS = 3;
const TASKS = 30;
const [store, worker] = process.argv.slice(2);

if (store !== undefined && worker !== undefined) await work(store, worker);
else await coordinate();

/** Takes tasks until there are none. Each step is atomic, so no task is done twice and no result is overwritten. */
async function work(url: string, name: string): Promise<void> {
  await using memory = await openMemory(url);
  const campaign = memory.session("campaign-1");
  for (;;) {
    const task = await campaign.list("tasks").pop(0);
    if (task === undefined) return;
    await campaign.data.increment("done");
    await campaign.append({ role: "tool", name, content: `finished ${task}` });
  }
}

async function coordinate(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "memoir-example-"));
  try {
    const url = `sqlite:${join(folder, "memory.db")}`;
    await using memory = await openMemory(url);
    // Leaving the block ends the session: the workflow cleans up after itself.
    await using campaign = memory.session("campaign-1");
    await campaign.list("tasks").push(...Array.from({ length: TASKS }, (_, index) => `task ${index + 1}`));

    const workers = Array.from({ length: WORKERS }, (_, index) =>
      fork(fileURLToPath(import.meta.url), [url, `worker ${index + 1}`]),
    );
    const codes = await Promise.all(workers.map(async (child) => (await once(child, "exit"))[0]));
    assert.deepEqual(codes, Array(WORKERS).fill(0));

    const messages = await campaign.messages();
    const finished = new Set(messages.map((message) => message.content));
    assert.equal(await campaign.data.get("done"), TASKS);
    assert.equal(messages.length, TASKS);
    assert.equal(finished.size, TASKS);
    console.log(`${WORKERS} processes finished ${finished.size} tasks, each once`);
  } finally {
    await rm(folder, { recursive: true });
  }
}
