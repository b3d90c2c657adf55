import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { appends, searches } from "../../bench/load/requests.ts";
import { startServer } from "../../bench/load/server.ts";
import { runPeer } from "../../bench/peers/compare.ts";
import type { Results } from "../../bench/report/row.ts";
import { query } from "../servers/postgres.ts";
import { withServer } from "../servers/with-server.ts";

const SIZE = 1000;

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "memoir-bench-test-"));
});
afterAll(() => rm(folder, { recursive: true }));

// How fast anything was is nobody's business here.
test("the benchmark measures every section, and finds what it planted", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    "bench/main.ts",
    ...["--sizes", String(SIZE), "--repetitions", "30", "--seconds", "0.1"],
    ...["--only", "import,recall,vectors,writes", "--folder", folder, "--json"],
  ]);
  const { rows, missing } = JSON.parse(stdout) as Results;
  expect(missing).toEqual([]);
  const sections = ["writing", "size", "event loop, longest hold", "recall", "opening", "vectors"];
  expect([...new Set(rows.map(({ section }) => section))].sort()).toEqual(sections.sort());
  expect(rows.filter(({ value }) => !(value > 0))).toEqual([]);
  const shares = rows.filter(({ unit }) => unit === "share");
  expect(shares).toHaveLength(3);
  expect(shares.filter(({ value }) => value < 0.9)).toEqual([]);
});

await withServer("redis", (redis) =>
  withServer("postgres", (postgres) => {
    test("stores are measured against their bare drivers, and leave nothing behind", async () => {
      const { stdout } = await promisify(execFile)(process.execPath, [
        "bench/main.ts",
        ...["--sizes", "300", "--repetitions", "3", "--seconds", "0.02", "--only", "stores", "--json"],
        ...["--redis", redis.url, "--postgres", postgres.url],
      ]);
      const { rows, missing } = JSON.parse(stdout) as Results;
      expect(missing).toEqual([]);
      const count = (section: string) => rows.filter((row) => row.section === `stores: ${section}`).length;
      expect([count("rates"), count("recall"), count("round trips")]).toEqual([24, 12, 24]);
      expect(rows.filter(({ value }) => !(value > 0))).toEqual([]);
      const schemas = "select count(*) from pg_namespace where nspname like 'bench%'";
      expect(await query(postgres.url, schemas)).toBe("0");
    });
  }),
);

test("the server that is measured answers what it is asked, and tells how long its event loop was held", async () => {
  const server = await startServer(join(folder, "served.db"));
  const statuses: number[] = [];
  for (const { path, ...request } of [...searches(SIZE)(0), ...appends(0)])
    statuses.push((await fetch(`${server.url}${path}`, request)).status);
  expect(new Set(statuses)).toEqual(new Set([200]));
  expect((await server.longestHold()).longest).toBeGreaterThan(0);
  await server.stop();
});

test("a peer is measured by what its process tells", async () => {
  const options = { folder, sizes: [SIZE], repetitions: 20, seconds: 60, progress: () => {} };
  const told = await runPeer("memoir", SIZE, options);
  expect(told).toMatchObject([
    { added: SIZE },
    { search: "all", found: expect.any(Number) },
    { search: "user", found: expect.any(Number) },
  ]);
});

test("a peer that cannot be loaded is told of", async () => {
  const options = { folder, sizes: [SIZE], repetitions: 20, seconds: 60, progress: () => {} };
  expect(await runPeer("nobody", SIZE, options)).toEqual([{ failed: expect.stringContaining("nobody") }]);
});
