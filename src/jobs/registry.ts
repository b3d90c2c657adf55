import { ValidationError } from "../core/errors.ts";
import type { JobStore } from "../core/job-store.ts";
import { loadModule } from "../core/load-module.ts";
import type { Logger } from "../core/logger.ts";
import type { Store } from "../core/store.ts";
import { withoutCredentials } from "./failure.ts";

export interface JobStoreOptions {
  readonly logger?: Logger;
}

type Opener = (url: string, options: JobStoreOptions) => Promise<JobStore>;

const redis: Opener = async (url, options) =>
  (await import("./bullmq/index.ts")).openBullmqJobStore({ url, ...options });
const postgres: Opener = async (url, options) =>
  (await import("./postgres/index.ts")).openPgBossJobStore({ url, ...options });
const noneThere: Opener = async () => {
  throw ValidationError.of(
    "jobs",
    "BullMQ keeps none behind Sentinel or in a cluster; name another place, such as redis://HOST, postgres://HOST/DATABASE or " +
      "sqlite:PATH, or memory: for this process alone, which loses them when it ends",
  );
};

/** Engines by URL scheme. Each is loaded when it is asked for, so nobody pays for the others. */
const OPENERS: Readonly<Record<string, Opener>> = {
  memory: async () => jobsAlone((await import("../stores/memory/index.ts")).createMemoryStore()),
  sqlite: async (url, options) => {
    const { openSqliteStore } = await import("../stores/sqlite/index.ts");
    return jobsAlone(await openSqliteStore({ path: url.slice("sqlite:".length), ...options }));
  },
  redis,
  rediss: redis,
  "redis+sentinel": noneThere,
  "rediss+sentinel": noneThere,
  "redis+cluster": noneThere,
  "rediss+cluster": noneThere,
  postgres,
  postgresql: postgres,
  module: async (url, options) => {
    const specifier = url.slice("module:".length);
    const loaded: { openJobStore?: Opener } = await loadModule(specifier, "jobs");
    if (typeof loaded.openJobStore !== "function")
      throw ValidationError.of("jobs", `the module ${specifier} exports no openJobStore function`);
    return loaded.openJobStore(url, options);
  },
};

/**
 * The engine that keeps the jobs of a memory: the one that is given, else the store itself or the engine it names. Only a
 * store of somebody else's, which has neither, leaves them to this process, and that is said.
 * @throws ValidationError for a URL of a scheme nobody knows, or when a package is missing.
 */
export async function openJobs(
  given: string | JobStore | undefined,
  store: Store,
  options: JobStoreOptions,
): Promise<JobStore> {
  if (typeof given === "string") return openJobStore(given, options);
  if (given ?? store.jobs) return (given ?? store.jobs) as JobStore;
  const url = store.jobsUrl?.();
  if (url === undefined)
    options.logger?.warn(
      { store: store.name },
      "Background jobs are kept in this process and lost with it, since the store keeps none; name a place for them in `jobs`",
    );
  return openJobStore(url ?? "memory:", options);
}

/**
 * Opens the engine a URL names: `memory:`, `sqlite:PATH`, `redis://…`, `postgres://…`, or `module:NAME` for a package that
 * exports `openJobStore(url, options)`.
 * @throws ValidationError for a scheme nobody knows.
 */
async function openJobStore(url: string, options: JobStoreOptions = {}): Promise<JobStore> {
  const scheme = url.slice(0, url.indexOf(":"));
  const opener = Object.hasOwn(OPENERS, scheme) ? OPENERS[scheme] : undefined;
  if (opener) return opener(url, options);
  const known = Object.keys(OPENERS).map((name) => `${name}:`);
  throw ValidationError.of(
    "jobs",
    `names no engine for jobs; use a URL with one of ${known.join(", ")}`,
    withoutCredentials(url),
  );
}

/** The jobs of a store that is opened for nothing else. */
function jobsAlone(store: Store): JobStore {
  if (!store.jobs) throw ValidationError.of("jobs", `the ${store.name} store keeps no jobs`);
  return { ...store.jobs, close: () => store.close() };
}
