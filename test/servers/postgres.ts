import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { onFreePort, ServerProcess, serverFolder, unprivileged } from "./process.ts";
import type { Programs } from "./programs.ts";

const USER = "memoir";

export interface PostgresOptions {
  readonly programs: Programs;
  /** Every transaction is on the disk before its answer. Default false, which is several times faster. */
  readonly durable?: boolean;
  /** Settings of `postgresql.conf`, such as `{ max_connections: "10" }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface PostgresServer {
  /** A superuser's. */
  readonly url: string;
  readonly port: number;
  readonly process: ServerProcess;
  /** Stops it and removes its data. */
  remove(): Promise<void>;
}

/** Starts a PostgreSQL of our own on this machine, with pgvector at hand. */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const folder = serverFolder();
  const data = join(folder.path, "data");
  const locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"];
  await promisify(execFile)(
    options.programs.initdb,
    ["-D", data, "-U", USER, "--auth=trust", "--no-sync", ...locale],
    { cwd: folder.path, ...unprivileged() },
  );
  return startOn(folder, options);
}

/** Starts a server that follows another one of ours by streaming replication, as the other one was started. */
export async function startReplica({
  of,
  ...options
}: PostgresOptions & { of: string }): Promise<PostgresServer> {
  const folder = serverFolder();
  const [program = "", ...parameters] = options.programs.basebackup;
  await promisify(execFile)(
    program,
    [...parameters, "-d", of, "-D", join(folder.path, "data"), "-R", "--checkpoint=fast", "--no-sync"],
    { cwd: folder.path, ...unprivileged() },
  );
  return startOn(folder, options);
}

async function startOn(
  folder: ReturnType<typeof serverFolder>,
  { programs, durable = false, settings = {} }: PostgresOptions,
): Promise<PostgresServer> {
  const data = join(folder.path, "data");
  const flushing = durable ? "on" : "off";
  const all = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    max_connections: "200",
    fsync: flushing,
    full_page_writes: flushing,
    synchronous_commit: flushing,
    ...settings,
  };
  const { url, port, server } = await onFreePort(async (port) => {
    const url = `postgres://${USER}@127.0.0.1:${port}/postgres`;
    const parameters = Object.entries({ ...all, port }).flatMap(([name, value]) => [
      "-c",
      `${name}=${value}`,
    ]);
    const server = new ServerProcess({
      program: programs.postgres,
      folder: folder.path,
      parameters: ["-D", data, ...parameters],
      // Another server may be the one that answers there.
      async ready() {
        if ((await query(url, "show data_directory")) !== data) throw new Error("address already in use");
      },
      stopSignal: "SIGINT",
    });
    await server.start();
    return { url, port, server };
  });
  return {
    url,
    port,
    process: server,
    async remove() {
      await server.stop();
      folder.remove();
    },
  };
}

/** Starts a PgBouncer in transaction mode before a PostgreSQL. */
export async function startPgbouncer(
  programs: Programs,
  postgres: string,
  poolSize = 10,
): Promise<PostgresServer> {
  const folder = serverFolder();
  const { hostname, port: behind, username, password } = new URL(postgres);
  const server = {
    host: hostname,
    port: behind || "5432",
    user: username,
    ...(password ? { password } : {}),
  };
  const configuration = join(folder.path, "pgbouncer.ini");
  const configure = (port: number) =>
    writeFile(
      configuration,
      [
        "[databases]",
        `* = ${Object.entries(server)
          .map(([name, value]) => `${name}=${decodeURIComponent(value)}`)
          .join(" ")}`,
        "[pgbouncer]",
        "listen_addr = 127.0.0.1",
        `listen_port = ${port}`,
        "unix_socket_dir =",
        "auth_type = any",
        "pool_mode = transaction",
        `default_pool_size = ${poolSize}`,
        "max_client_conn = 1000",
        "ignore_startup_parameters = extra_float_digits",
      ].join("\n"),
      { mode: 0o644 },
    );
  const { url, port, pooler } = await onFreePort(async (port) => {
    await configure(port);
    const url = `postgres://${USER}@127.0.0.1:${port}/postgres`;
    const pooler = new ServerProcess({
      program: programs.pgbouncer,
      folder: folder.path,
      parameters: [configuration],
      ready: () => query(url, "select 1"),
      stopSignal: "SIGINT",
    });
    await pooler.start();
    return { url, port, pooler };
  });
  return {
    url,
    port,
    process: pooler,
    async remove() {
      await pooler.stop();
      folder.remove();
    },
  };
}

/** Runs SQL on a connection of its own, and gives the first value that its last statement answers. */
export async function query(url: string, sql: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  await client.connect();
  try {
    const results = [await client.query<unknown[]>({ text: sql, rowMode: "array" })].flat();
    return results.at(-1)?.rows[0]?.[0];
  } finally {
    await client.end();
  }
}
