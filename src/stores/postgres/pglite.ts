import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { PGlite } from "@electric-sql/pglite";
import { ValidationError } from "../../core/errors.ts";
import type { Store } from "../../core/store.ts";
import { checkSchema, DEFAULTS } from "./address.ts";
import { databaseOn } from "./database.ts";
import { storeFailure } from "./failures.ts";
import { lockFolder } from "./folder-lock.ts";
import { migrate } from "./migrations.ts";
import { pgliteDriver } from "./pglite-driver.ts";
import { storeOn } from "./store.ts";

/** Where PGlite keeps the memory. */
export interface PgliteStoreOptions {
  /** The folder of the data, made when it is not there. Left out: in memory, and gone with the store. */
  readonly folder?: string;
  /** A database that is open already, which stays its owner's to close. */
  readonly database?: PGlite;
  /** Where everything is kept. Default `memoir`. */
  readonly schema?: string;
}

/**
 * Keeps memory in PostgreSQL inside this process: the store of a server without the server, for development and tests. One process at a
 * time may open a folder, and what was written last may be lost with the power.
 * @throws ValidationError when the package `@electric-sql/pglite` is missing; StoreError when the folder cannot be opened, or another
 * process has it.
 */
export async function openPgliteStore(options: PgliteStoreOptions = {}): Promise<Store> {
  const schema = checkSchema(options.schema ?? DEFAULTS.schema);
  const name = options.folder === undefined ? "in memory" : resolve(options.folder);
  const shared = options.database
    ? { database: options.database, release: async () => undefined }
    : await openShared(options.folder === undefined ? undefined : name);
  const driver = pgliteDriver(shared.database, shared.release);
  try {
    await migrate(driver, schema);
  } catch (error) {
    await driver.close();
    throw storeFailure(error, name);
  }
  const database = databaseOn(driver, { schema, name, timeoutMs: DEFAULTS.timeoutMs });
  // Inside the folder, which has no server that jobs could be kept in.
  const jobs = options.folder === undefined ? "memory:" : `sqlite:${join(name, `${schema}_jobs.db`)}`;
  return { ...storeOn("pglite", database), jobsUrl: () => jobs };
}

interface Shared {
  readonly database: PGlite;
  readonly release: () => Promise<void>;
}

/** The folders that are open in this process: a folder has one database, which all stores on it share. */
const open = new Map<string, { readonly opening: Promise<Opened>; users: number }>();

async function openShared(folder: string | undefined): Promise<Shared> {
  if (folder === undefined) {
    const { PGlite } = await load();
    const database = await PGlite.create();
    return { database, release: () => database.close() };
  }
  const entry = open.get(folder) ?? { opening: start(folder), users: 0 };
  open.set(folder, entry);
  entry.users++;
  const release = async () => {
    if (--entry.users > 0) return;
    open.delete(folder);
    const { database, unlock } = await entry.opening;
    await database.close();
    unlock();
  };
  try {
    const { database } = await entry.opening;
    return { database, release };
  } catch (error) {
    if (--entry.users === 0) open.delete(folder);
    throw error;
  }
}

interface Opened {
  readonly database: PGlite;
  /** Lets other processes have the folder. */
  readonly unlock: () => void;
}

async function start(folder: string): Promise<Opened> {
  const { PGlite } = await load();
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const unlock = await lockFolder(folder);
  try {
    return { database: await PGlite.create(folder), unlock };
  } catch (error) {
    unlock();
    throw error;
  }
}

async function load(): Promise<typeof import("@electric-sql/pglite")> {
  try {
    return await import("@electric-sql/pglite");
  } catch (cause) {
    if ((cause as { code?: string }).code !== "ERR_MODULE_NOT_FOUND") throw cause;
    throw ValidationError.of(
      "store",
      "needs the package @electric-sql/pglite: install it with npm install @electric-sql/pglite",
    );
  }
}
