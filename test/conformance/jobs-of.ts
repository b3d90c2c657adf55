import type { JobStore } from "../../src/core/job-store.ts";
import type { Store } from "../../src/core/store.ts";

/** The jobs of a store, closing it with them. */
export function jobsOf(store: Store): JobStore {
  if (!store.jobs) throw new TypeError(`The ${store.name} store keeps no jobs`);
  return { ...store.jobs, close: () => store.close() };
}
