import { openEmbedder } from "../../config/options.ts";
import { isRemote, type Settings, withoutPassword } from "../../config/settings.ts";
import type { Embedder } from "../../core/embedder.ts";
import { UnsupportedError } from "../../core/errors.ts";
import { EVERYTHING } from "../../core/filter/filter.ts";
import { parseFilter } from "../../core/filter/parse.ts";
import type { Store } from "../../core/store.ts";
import { formatMilliseconds, type Instant } from "../../core/time.ts";
import { PROCESS_UP_TO } from "../../index-place.ts";
import { openJobs } from "../../jobs/registry.ts";
import { createIndexer } from "../../recall/indexer.ts";
import { openStores } from "../../stores/registry.ts";
import { openFrom } from "../run.ts";
import { canBeOpened } from "./data.ts";
import { type Check, type Finding, ok, problem, warning } from "./finding.ts";

/** Opens the store and looks at what is in it, unless opening it would change it. */
export const checkStore: Check = async (context) => {
  const { settings } = context;
  const { value, source } = settings.storeUrl();
  if (isRemote(value) || !(await canBeOpened(context))) return [];
  const working = settings.workingUrl();
  const { store } = await openStores({ store: value, working: working?.value });
  try {
    const damage = (await store.check()).map((sentence) =>
      problem("integrity", sentence, "Restore a backup, or save what is left with `memoir export`."),
    );
    return [
      ok("store", `${withoutPassword(value)} (${source}): ${store.name}.`),
      ...(working
        ? [ok("sessions", `${withoutPassword(working.value)} (${working.source}) keeps the sessions.`)]
        : []),
      ...(damage.length > 0 ? damage : [ok("integrity", "The stored data is sound.")]),
      ...(await checkContent(store, await openEmbedder(settings))),
      ...(await checkPlace(store, settings)),
      ...(await checkJobs(store, settings.get("jobs").value)),
    ];
  } finally {
    await store.close();
  }
};

/** So many records without a current index entry are counted; beyond that it does not matter how many. */
const MANY = 10_000;
const BEGINNING: Instant = "0001-01-01T00:00:00Z";

async function checkContent(store: Store, embedder: Embedder): Promise<Finding[]> {
  const now = formatMilliseconds(Date.now());
  const { analyzer } = createIndexer(embedder);
  const expired = parseFilter({ expiresAt: { lte: now } });
  const everySession = { limit: 1, offset: 0 };
  let [records, sessions, stale, gone] = [0, 0, 0, 0];
  for (const tenant of await store.tenants()) {
    records += await store.count(tenant, { filter: EVERYTHING, now });
    const living = await store.listSessions(tenant, { ...everySession, now });
    sessions += living.total;
    stale += (await store.staleEntries(tenant, { embedder: embedder.id, analyzer, limit: MANY })).length;
    // Seen from the beginning of time nothing has expired yet.
    gone += await store.count(tenant, { filter: expired, now: BEGINNING });
    gone += (await store.listSessions(tenant, { ...everySession, now: BEGINNING })).total - living.total;
  }
  const findings = [ok("content", `${records} records and ${sessions} sessions.`)];
  if (gone > 0)
    findings.push(
      warning(
        "expired",
        `${gone} records and sessions have expired and still take room.`,
        "Nothing to do: whatever opens the memory next removes them.",
      ),
    );
  findings.push(
    stale > 0
      ? warning(
          "index",
          `${stale}${stale >= MANY ? " or more" : ""} records are indexed by another embedder than ${embedder.id}, or not yet.`,
          "Choose the --embedder they were stored with, or keep a server running, which indexes them anew.",
        )
      : ok("index", `Every record is indexed by ${embedder.id}.`),
  );
  return findings;
}

/** Whether the store can search where settings, or the size of a tenant, want it to. */
async function checkPlace(store: Store, settings: Settings): Promise<Finding[]> {
  const { value: place, source } = settings.get("index");
  const byItself = store.openIndex && !store.indexOnRequest;
  if (place === "process" || (place === "auto" && !(byItself && (await isLarge(store))))) return [];
  const { id, dimensions } = await openEmbedder(settings);
  try {
    if (!store.openIndex) throw new UnsupportedError(`${store.name} finds nothing by itself.`);
    const opened = await store.openIndex({ embedder: id, dimensions });
    await (opened.finds === "meaning" ? opened.vectors : opened.candidates).close();
    return [ok("search", `${store.name} searches large scopes by itself.`)];
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error;
    if (place === "store")
      return [problem("search", `${source} is store, but: ${error.message}`, "Choose another --index.")];
    const remedy = "Nothing to do as long as the memory of each process suffices.";
    return [warning("search", `Large scopes are searched in each process: ${error.message}`, remedy)];
  }
}

async function isLarge(store: Store): Promise<boolean> {
  const now = formatMilliseconds(Date.now());
  for (const tenant of await store.tenants())
    if ((await store.count(tenant, { filter: EVERYTHING, now })) > PROCESS_UP_TO) return true;
  return false;
}

async function checkJobs(store: Store, place: string | null): Promise<Finding[]> {
  const jobs = await openJobs(place ?? undefined, store, {});
  try {
    const counts = await jobs.counts(formatMilliseconds(Date.now()));
    const dead = counts.reduce((sum, of) => sum + of.dead, 0);
    if (dead === 0) return [ok("jobs", `${jobs.name} keeps background jobs.`)];
    const remedy = "See them with `memoir jobs list`, then try them again or discard them.";
    return [warning("jobs", `${dead} background jobs failed for good.`, remedy)];
  } finally {
    await jobs.close();
  }
}

/** Whether a remote server answers, and lets us in. */
export const checkServer: Check = async ({ settings, signal }) => {
  const { value, source } = settings.storeUrl();
  if (!isRemote(value)) return [];
  const memory = await openFrom(settings);
  try {
    const page = await memory.list({ limit: 1, signal });
    return [ok("server", `${withoutPassword(value)} (${source}) answers; it has ${page.total} records.`)];
  } finally {
    await memory.close();
  }
};
