import { ValidationError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { Store } from "../core/store.ts";

export interface StoreOptions {
  readonly logger?: Logger;
}

type Opener = (url: string, options: StoreOptions) => Promise<Store>;

/** Stores by URL scheme. Each is loaded when it is asked for, so nobody pays for the others. */
const OPENERS: Readonly<Record<string, Opener>> = {
  memory: async () => (await import("./memory/index.ts")).createMemoryStore(),
  sqlite: async (url, options) =>
    (await import("./sqlite/index.ts")).openSqliteStore({ path: url.slice("sqlite:".length), ...options }),
  module: async (url, options) => {
    const specifier = url.slice("module:".length);
    const loaded = (await import(specifier)) as { openStore?: Opener };
    if (typeof loaded.openStore !== "function")
      throw ValidationError.of("store", `the module ${specifier} exports no openStore function`);
    return loaded.openStore(url, options);
  },
};

/**
 * Opens the store a URL names: `memory:`, `sqlite:PATH`, or `module:NAME` for a package that exports
 * `openStore(url, options)`.
 * @throws ValidationError for a scheme nobody knows.
 */
export async function openStore(url: string, options: StoreOptions = {}): Promise<Store> {
  const scheme = url.slice(0, url.indexOf(":"));
  const opener = Object.hasOwn(OPENERS, scheme) ? OPENERS[scheme] : undefined;
  if (!opener) {
    const known = Object.keys(OPENERS).map((name) => `${name}:`);
    throw ValidationError.of(
      "store",
      `names no store; use a URL with one of ${known.join(", ")}, http: or https:`,
      url,
    );
  }
  return opener(url, options);
}
