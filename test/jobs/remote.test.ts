import { describe, expect, onTestFinished, test, vi } from "vitest";
import { silentLogger } from "../../src/core/logger.ts";
import { openMemory, UnsupportedError } from "../../src/index.ts";
import { serve } from "../../src/server/index.ts";

/** A server with so many dead letters, and what it is called by. */
async function serving(dead: number) {
  const memory = await openMemory({ store: "memory:", workers: 0 });
  for (let number = 0; number < dead; number++)
    await memory.jobs.enqueue({ kind: "broken", payload: { a_b: number }, maxAttempts: 1, tenant: "acme" });
  const worker = memory.jobs.work({
    broken: async () => {
      throw new Error("out of paper");
    },
  });
  await vi.waitFor(async () => expect((await memory.jobs.list()).jobs).toHaveLength(dead), 30_000);
  await worker.stop();
  const tokens = ["of-all", { token: "of-acme", tenant: "acme" }];
  const server = await serve({
    operations: memory.operations,
    port: 0,
    auth: { tokens },
    workers: 0,
    logger: silentLogger,
  });
  onTestFinished(() => server.close());
  return { memory, server, open: (token: string) => openMemory(server.url, { token }) };
}

describe("the jobs of a server", () => {
  test("are listed, retried and discarded through a remote memory as they are on the server", async () => {
    const { memory, open } = await serving(3);
    await using remote = await open("of-all");
    expect(await remote.jobs.list()).toEqual(await memory.jobs.list());
    expect(await remote.jobs.counts()).toEqual(await memory.jobs.counts());
    const first = await remote.jobs.list({ limit: 2, kind: "broken", state: "dead" });
    expect(first.cursor).not.toBeNull();
    const second = await remote.jobs.list({ limit: 2, ...(first.cursor && { cursor: first.cursor }) });
    const [again, , gone] = [...first.jobs, ...second.jobs].map(({ id }) => id) as [string, string, string];
    expect([await remote.jobs.retry(again), await remote.jobs.retry(again)]).toEqual([true, false]);
    expect([await remote.jobs.discard(gone), await remote.jobs.discard(gone)]).toEqual([true, false]);
    expect(await memory.jobs.counts()).toMatchObject([{ kind: "broken", waiting: 1, dead: 1 }]);
    await expect(remote.jobs.list({ kind: "No Kind" })).rejects.toMatchObject({ code: "invalid_input" });
  });

  test("are enqueued and done where its store is opened", async () => {
    const { open } = await serving(0);
    await using remote = await open("of-all");
    await expect(remote.jobs.enqueue({ kind: "broken" })).rejects.toThrow(UnsupportedError);
    expect(() => remote.jobs.work({})).toThrow(UnsupportedError);
  });

  test("are shown to no credential of one tenant", async () => {
    const { open, memory } = await serving(1);
    await using remote = await open("of-acme");
    const [dead] = (await memory.jobs.list()).jobs;
    const id = dead?.id ?? "";
    const calls = [remote.jobs.list(), remote.jobs.counts(), remote.jobs.retry(id), remote.jobs.discard(id)];
    for (const call of calls) await expect(call).rejects.toMatchObject({ code: "forbidden" });
    expect((await memory.jobs.list()).jobs).toHaveLength(1);
  });
});
