import { createClient } from "redis";
import { chromaVersion, startChroma } from "./chroma.ts";
import type { Image } from "./docker.ts";
import { query, startPgbouncer, startPostgres } from "./postgres.ts";
import type { Programs } from "./programs.ts";
import { startRedis } from "./redis.ts";

interface Started {
  readonly url: string;
  remove(): Promise<void>;
}

/** A kind of server that tests need, and the ways to have one. */
export interface Kind {
  readonly title: string;
  /** The environment variable that names one which runs already. */
  readonly variable: string;
  start(programs: Programs, postgres: () => Promise<string>): Promise<Started>;
  readonly image?: Image & { url(address: string): string };
  /** Its version; throws when it cannot do what the tests need. */
  version(url: string): Promise<string>;
}

const APPEND_ONLY = ["redis-server", "--appendonly", "yes"];

/** The servers that tests share. They are fast rather than durable: tests of durability start servers of their own. */
export const KINDS = {
  redis: {
    title: "Redis 7",
    variable: "MEMOIR_TEST_REDIS_URL",
    start: ({ redis7 }) => startRedis({ program: redis7 }),
    image: { name: "redis:7", port: 6379, command: APPEND_ONLY, url: (address) => `redis://${address}` },
    version: (url) => redisVersion(url, []),
  },
  redis8: {
    title: "Redis with vector sets",
    variable: "MEMOIR_TEST_REDIS8_URL",
    start: ({ redis8 }) => startRedis({ program: redis8 }),
    image: { name: "redis:8", port: 6379, command: APPEND_ONLY, url: (address) => `redis://${address}` },
    version: (url) => redisVersion(url, ["vadd", "vsim"]),
  },
  postgres: {
    title: "PostgreSQL with pgvector",
    variable: "MEMOIR_TEST_POSTGRES_URL",
    start: (programs) => startPostgres({ programs }),
    image: {
      name: "pgvector/pgvector:pg17",
      port: 5432,
      environment: { POSTGRES_USER: "memoir", POSTGRES_PASSWORD: "memoir" },
      command: ["postgres", "-c", "fsync=off", "-c", "max_connections=200"],
      url: (address) => `postgres://memoir:memoir@${address}/postgres`,
    },
    version: postgresVersion,
  },
  pgbouncer: {
    title: "PgBouncer in transaction mode",
    variable: "MEMOIR_TEST_PGBOUNCER_URL",
    start: async (programs, postgres) => startPgbouncer(programs, await postgres()),
    version: async (url) => `before PostgreSQL ${await postgresVersion(url)}`,
  },
  chroma: {
    title: "Chroma",
    variable: "MEMOIR_TEST_CHROMA_URL",
    start: ({ node }) => startChroma(node),
    image: { name: "chromadb/chroma:latest", port: 8000, url: (address) => `http://${address}` },
    version: chromaVersion,
  },
} satisfies Record<string, Kind>;

export type KindName = keyof typeof KINDS;

async function redisVersion(url: string, commands: readonly string[]): Promise<string> {
  const client = createClient({ url, socket: { reconnectStrategy: false } });
  client.on("error", () => undefined);
  await client.connect();
  try {
    const [, version = ""] = /redis_version:(\S+)/.exec(await client.info("server")) ?? [];
    const known = commands.length === 0 ? [] : await client.commandInfo([...commands]);
    const missing = commands.filter((_, index) => !known[index]);
    if (missing.length > 0) throw new Error(`version ${version} has no ${missing.join(", ")}`);
    return version;
  } finally {
    client.destroy();
  }
}

async function postgresVersion(url: string): Promise<string> {
  const vector = await query(
    url,
    "select default_version from pg_available_extensions where name = 'vector'",
  );
  if (typeof vector !== "string") throw new Error("it has no pgvector");
  return `${await query(url, "select split_part(version(), ' ', 2)")}, pgvector ${vector}`;
}
