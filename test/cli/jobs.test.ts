import { once } from "node:events";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import type { Job, JobCounts } from "../../src/core/jobs.ts";
import { openMemory } from "../../src/index.ts";
import { ended, memoir, onFolder, start, temporaryFolder } from "./memoir.ts";
import { served } from "./served.ts";

/** Many processes are started one after another. */
const SLOW = 180_000;

/** Leaves dead letters of a kind behind; gives their ids. */
async function leaveDead(folder: string, count: number): Promise<string[]> {
  const memory = await openMemory({ store: `sqlite:${join(folder, "memory.db")}`, workers: 0 });
  const { jobs } = memory;
  const ids: string[] = [];
  for (let number = 0; number < count; number++)
    ids.push(await jobs.enqueue({ kind: "broken", payload: { number }, maxAttempts: 1 }));
  jobs.work({
    broken: async () => {
      throw new Error("out of \u001b[31mpaper");
    },
  });
  await vi.waitFor(async () => expect((await jobs.list()).jobs).toHaveLength(count), 30_000);
  await memory.close();
  return ids;
}

describe("jobs", () => {
  test("shows what failed for good, tries it again and removes it", { timeout: SLOW }, async () => {
    const folder = temporaryFolder();
    const cli = onFolder(folder);
    const ids = await leaveDead(folder, 3);
    const { jobs } = await cli.json<{ jobs: Job[] }>("jobs", "list");
    expect(jobs.map(({ id }) => id).sort()).toEqual(ids.toSorted());
    expect(jobs[0]).toMatchObject({ kind: "broken", attempts: 1, failure: { code: "internal" } });
    const shown = await cli.run("jobs", "list", "--limit", "2");
    expect(shown.stdout).toMatch(/^ID +KIND +ATTEMPTS +DUE +FAILURE\n/);
    expect(shown.stdout).toContain("broken  1/1");
    expect(shown.stdout).toContain("internal: out of [31mpaper");
    const cursor = /--cursor (\S+)/.exec(shown.stdout)?.[1] ?? "";
    const rest = await cli.json<{ jobs: Job[] }>("jobs", "list", "--cursor", cursor);
    expect(rest.jobs).toHaveLength(1);
    const doctor = await cli.json<{ findings: { check: string; message: string }[] }>("doctor");
    expect(doctor.findings.find(({ check }) => check === "jobs")?.message).toMatch(/^3 background jobs/);
    const [first = "", second = "", third = ""] = ids;
    expect(await cli.json("jobs", "retry", first)).toEqual({ retried: [first], missing: [] });
    expect(await cli.json("jobs", "discard", second)).toEqual({ discarded: [second], missing: [] });
    expect((await cli.json<{ jobs: Job[] }>("jobs", "list", "--state", "waiting")).jobs).toMatchObject([
      { id: first, attempts: 0 },
    ]);
    const counts = await cli.json<JobCounts[]>("jobs", "counts");
    expect(counts).toContainEqual({ kind: "broken", waiting: 1, delayed: 0, running: 0, dead: 1 });
    expect((await cli.run("jobs", "counts")).stdout).toMatch(/1 +0 +0 +1 +broken/);
    const partly = await cli.run("jobs", "retry", third, "nothing");
    expect(partly).toMatchObject({ code: 3, stdout: `retried ${third}\n` });
    expect(partly.stderr).toContain("nothing");
  });

  test("says what it does not know", { timeout: SLOW }, async () => {
    const cli = onFolder(temporaryFolder());
    expect((await cli.run("jobs", "list", "--state", "asleep")).code).toBe(2);
    expect((await cli.run("jobs", "list", "--kind", "No Kind")).code).toBe(2);
    expect((await cli.run("jobs", "discard", "nothing")).code).toBe(3);
    const wrong = await cli.run("jobs", "list", "--jobs", "mongodb://ann:sesame@db");
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain("--jobs");
    expect(wrong.stderr).not.toContain("sesame");
  });

  test("does the same through a server", { timeout: SLOW }, async () => {
    const folder = temporaryFolder();
    const [first = "", second = "", third = ""] = await leaveDead(folder, 3);
    const { child, result, address } = await served(folder, "--workers", "0");
    const remote = async (...args: string[]) => {
      const { stdout, code } = await memoir(["--store", address.url, "--json", "jobs", ...args]);
      expect(code).toBe(0);
      return JSON.parse(stdout);
    };
    const { jobs } = (await remote("list")) as { jobs: Job[] };
    expect(jobs.map(({ id }) => id).sort()).toEqual([first, second, third].sort());
    expect(jobs[0]).toMatchObject({ payload: { number: expect.any(Number) }, maxAttempts: 1, state: "dead" });
    expect(await remote("retry", first)).toEqual({ retried: [first], missing: [] });
    expect(await remote("discard", second)).toEqual({ discarded: [second], missing: [] });
    expect(await remote("list", "--kind", "broken", "--limit", "1")).toMatchObject({ jobs: [{ id: third }] });
    expect(await remote("counts")).toEqual([{ kind: "broken", waiting: 1, delayed: 0, running: 0, dead: 1 }]);
    child.kill("SIGTERM");
    await result;
  });

  test("says that an engine is not there, and that a server chooses its own", { timeout: SLOW }, async () => {
    const cli = onFolder(temporaryFolder());
    for (const url of ["redis://ann:sesame@127.0.0.1:9", "postgres://ann:sesame@127.0.0.1:9/memory"]) {
      const away = await cli.run("jobs", "list", "--jobs", url);
      expect(away, url).toMatchObject({ code: 5, stdout: "" });
      expect(away.stderr).not.toContain("sesame");
    }
    const { child, result, address } = await served(temporaryFolder());
    expect((await memoir(["--store", address.url, "--jobs", "memory:", "list"])).code).toBe(2);
    child.kill("SIGTERM");
    await result;
  });
});

describe("worker", () => {
  test("does the jobs that a server without workers leaves, and stops cleanly", {
    timeout: SLOW,
  }, async () => {
    const folder = temporaryFolder();
    const cli = onFolder(folder);
    const { child, result, address } = await served(folder, "--workers", "0");
    const post = async (path: string, body: object) => {
      const headers = { "content-type": "application/json" };
      const answer = await fetch(address.url + path, { method: "POST", headers, body: JSON.stringify(body) });
      return (await answer.json()) as { id: string };
    };
    const view = await post("/v1/summary-views", { source: "long_term", group_by: ["user_id"] });
    const task = await post(`/v1/summary-views/${view.id}/run`, {});
    const status = async () => (await (await fetch(`${address.url}/v1/tasks/${task.id}`)).json()).status;
    expect(await status()).toBe("pending");
    expect(await cli.json("jobs", "counts")).toMatchObject([{ kind: "run-summary-view", waiting: 1 }]);
    const worker = start(["--data", folder, "worker", "--workers", "2"]);
    const stopped = ended(worker);
    if (worker.stdout) await once(worker.stdout, "data");
    await vi.waitFor(async () => expect(await status()).toBe("success"), 30_000);
    worker.kill("SIGINT");
    expect(await stopped).toMatchObject({ code: 0, stderr: "" });
    expect((await stopped).stdout).toMatch(/^Jobs {6}sqlite: sqlite:.*memory\.db\n$/);
    child.kill("SIGTERM");
    expect((await result).code).toBe(0);
  });

  test("refuses what would do nothing", async () => {
    const cli = onFolder(temporaryFolder());
    expect((await cli.run("worker", "--workers", "0")).code).toBe(2);
    expect((await cli.run("worker", "--workers", "many")).code).toBe(2);
    expect((await memoir(["worker", "--store", "http://127.0.0.1:9"])).code).toBe(2);
  });
});
