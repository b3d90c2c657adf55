import { UnsupportedError, ValidationError } from "../core/errors.ts";
import { loadModule } from "../core/load-module.ts";
import type { Logger } from "../core/logger.ts";
import { nodeProblem } from "../core/node-version.ts";
import type { Store } from "../core/store.ts";

export interface StoreOptions {
  readonly logger?: Logger;
}

type Opener = (url: string, options: StoreOptions) => Promise<Store>;

const postgres: Opener = async (url, options) =>
  (await import("./postgres/index.ts")).openPostgresStore({ url, ...options });

const redis: Opener = async (url, options) =>
  (await import("./redis/index.ts")).openRedisStore({ url, ...options });

/** Stores by URL scheme. Each is loaded when it is asked for, so nobody pays for the others. */
const OPENERS: Readonly<Record<string, Opener>> = {
  memory: async () => (await import("./memory/index.ts")).createMemoryStore(),
  sqlite: async (url, options) => {
    const problem = nodeProblem(globalThis.process?.versions?.node);
    if (problem !== null) throw new UnsupportedError(problem);
    const path = url.slice("sqlite:".length);
    if (path === "")
      throw ValidationError.of("store", "must name a file, such as sqlite:.memoir/memory.db", url);
    return (await import("./sqlite/index.ts")).openSqliteStore({ path, ...options });
  },
  postgres,
  postgresql: postgres,
  pglite: async (url) => (await import("./postgres/pglite-url.ts")).openPgliteUrl(url),
  redis,
  rediss: redis,
  "redis+sentinel": redis,
  "rediss+sentinel": redis,
  "redis+cluster": redis,
  "rediss+cluster": redis,
  module: async (url, options) => {
    const specifier = url.slice("module:".length);
    const loaded: { openStore?: Opener } = await loadModule(specifier, "store");
    if (typeof loaded.openStore !== "function")
      throw ValidationError.of("store", `the module ${specifier} exports no openStore function`);
    return loaded.openStore(url, options);
  },
};

/** Which stores keep a memory: one, or one for sessions and another for records. */
export interface StoreChoice {
  /** Keeps everything that `working` does not. */
  readonly store: string | Store;
  /** Keeps sessions. */
  readonly working?: string | Store | undefined;
}

/** A store, and how to close what was opened for it when it cannot be used after all. */
export interface OpenedStore {
  readonly store: Store;
  abandon(): Promise<void>;
}

/**
 * Opens the stores a memory is kept in. Those handed in open stay their owner's until the memory has them.
 * @throws ValidationError for a scheme nobody knows, or when both are the same store.
 */
export async function openStores(choice: StoreChoice, options: StoreOptions = {}): Promise<OpenedStore> {
  if (choice.working === choice.store)
    throw ValidationError.of("working", "must be another store than the one of long-term memory");
  const opened: Store[] = [];
  const abandon = async () => {
    for (const store of opened.reverse()) await store.close();
  };
  const open = async (given: string | Store, field: string) => {
    if (typeof given !== "string") return given;
    const store = await openStore(given, options, field).catch((error: unknown) => {
      throw field === "store" ? error : renamed(error, "store", field);
    });
    opened.push(store);
    return store;
  };
  try {
    const store = await open(choice.store, "store");
    if (choice.working === undefined) return { store, abandon };
    const { createPair } = await import("./pair.ts");
    return {
      store: createPair({ working: await open(choice.working, "working"), longTerm: store }),
      abandon,
    };
  } catch (error) {
    await abandon();
    throw error;
  }
}

/** An error about one field, said of another. */
function renamed(error: unknown, from: string, to: string): unknown {
  if (!(error instanceof ValidationError)) return error;
  return new ValidationError(
    error.issues.map((issue) =>
      issue.path[0] === from ? { ...issue, path: [to, ...issue.path.slice(1)] } : issue,
    ),
  );
}

/**
 * Opens the store a URL names: `memory:`, `sqlite:PATH`, `postgres://…`, `redis://…`, `pglite:FOLDER`, or `module:NAME`
 * for a package that exports `openStore(url, options)`.
 * @param field what the URL was given for, to name it in errors.
 * @throws ValidationError for a scheme nobody knows.
 */
export async function openStore(url: string, options: StoreOptions = {}, field = "store"): Promise<Store> {
  const scheme = url.slice(0, url.indexOf(":"));
  const opener = Object.hasOwn(OPENERS, scheme) ? OPENERS[scheme] : undefined;
  if (!opener) {
    const known = Object.keys(OPENERS).map((name) => `${name}:`);
    const file = /^(file:|[./]|[^:]+\.db$)/i.test(url) ? ` For a file write sqlite:PATH.` : "";
    throw ValidationError.of(
      field,
      `names no store; use a URL with one of ${known.join(", ")}, http: or https:.${file}`,
      url,
    );
  }
  return opener(url, options);
}
