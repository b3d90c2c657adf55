import type { JobStore } from "../../src/core/job-store.ts";
import { openBullmqJobStore } from "../../src/jobs/bullmq/index.ts";
import { openPgBossJobStore } from "../../src/jobs/postgres/index.ts";
import { openSqliteStore } from "../../src/stores/sqlite/index.ts";
import { jobsOf } from "../conformance/jobs-of.ts";

/** Opens an engine for jobs by its URL, with leases as short as it allows. `name` sets its jobs apart from others'. */
export async function openEngine(url: string, name: string): Promise<JobStore> {
  if (url.startsWith("redis:")) return openBullmqJobStore({ url, prefix: `{${name}}`, lease: 2000 });
  if (url.startsWith("postgres:")) return openPgBossJobStore({ url, schema: name, lease: 10_000 });
  return jobsOf(await openSqliteStore({ path: url.slice("sqlite:".length) }));
}
