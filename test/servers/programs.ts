import { join } from "node:path";
import { type Release, unpackRelease, withLibraryOf } from "./debian.ts";

const BOOKWORM: Release = {
  name: "bookworm",
  packages: ["redis-server"],
  executables: ["usr/bin/redis-server"],
};

const POSTGRES = "usr/lib/postgresql/17/bin";

const TRIXIE: Release = {
  name: "trixie",
  packages: ["redis-server", "postgresql-17-pgvector", "pgbouncer"],
  executables: [
    "usr/bin/redis-server",
    `${POSTGRES}/postgres`,
    `${POSTGRES}/initdb`,
    `${POSTGRES}/psql`,
    "usr/sbin/pgbouncer",
  ],
};

/** Paths of the servers' programs. */
export interface Programs {
  /** Redis 7, the last one under its old licence; plain commands only. */
  readonly redis7: string;
  /** Redis 8, with vector sets. */
  readonly redis8: string;
  readonly postgres: string;
  readonly initdb: string;
  readonly psql: string;
  /** Copies a running PostgreSQL. */
  readonly basebackup: readonly string[];
  readonly pgbouncer: string;
  /** Node with the C library of that release, which Chroma's server needs a newer one of than many machines have. */
  readonly node: readonly string[];
}

/** With this in the environment, nothing is fetched or started: only servers that the environment names are used. */
export const ONLY_GIVEN = "MEMOIR_TEST_SERVERS=given";

export function onlyGiven(): boolean {
  return process.env["MEMOIR_TEST_SERVERS"] === "given";
}

/**
 * Fetches the programs once, into a cache.
 *
 * @throws Error where they cannot be had.
 */
export async function programs(): Promise<Programs> {
  if (onlyGiven()) throw new Error(ONLY_GIVEN);
  const bookworm = await unpackRelease(BOOKWORM);
  const trixie = await unpackRelease(TRIXIE);
  return {
    redis7: join(bookworm, "usr/bin/redis-server"),
    redis8: join(trixie, "usr/bin/redis-server"),
    postgres: join(trixie, POSTGRES, "postgres"),
    initdb: join(trixie, POSTGRES, "initdb"),
    psql: join(trixie, POSTGRES, "psql"),
    basebackup: [...withLibraryOf(trixie), join(trixie, POSTGRES, "pg_basebackup")],
    pgbouncer: join(trixie, "usr/sbin/pgbouncer"),
    node: [...withLibraryOf(trixie), process.execPath],
  };
}
