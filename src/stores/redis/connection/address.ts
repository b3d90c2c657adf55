import { ValidationError } from "../../../core/errors.ts";
import { type RedisSettings, readSettings } from "./settings.ts";

export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** What a Redis URL says. */
export interface RedisAddress {
  readonly kind: "single" | "sentinel" | "cluster";
  readonly tls: boolean;
  readonly hosts: readonly HostAndPort[];
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
  /** What Sentinel calls the server; empty for the other kinds. */
  readonly name: string;
  readonly settings: RedisSettings;
}

const FORM =
  /^redis(?<tls>s)?(?:\+(?<kind>sentinel|cluster))?:\/\/(?:(?<user>[^@/?#]*)@)?(?<hosts>[^@/?#]*)(?<path>\/[^?#]*)?(?:\?(?<query>[^#]*))?$/i;

const PORTS = { single: 6379, sentinel: 26_379, cluster: 6379 } as const;

/**
 * Reads `redis://`, `rediss://`, `redis+sentinel://host1,host2/name` and `redis+cluster://host1,host2`, with `rediss+`
 * for TLS too.
 * @throws ValidationError naming what is wrong, and never the password.
 */
export function parseAddress(url: string): RedisAddress {
  const parts = FORM.exec(url)?.groups;
  if (!parts)
    throw wrong(
      "must look like redis://host:6379, redis+sentinel://host1,host2/name or redis+cluster://host1,host2",
    );
  const kind = (parts["kind"]?.toLowerCase() ?? "single") as RedisAddress["kind"];
  const hosts = (parts["hosts"] || "localhost").split(",").map((text) => readHost(text, PORTS[kind]));
  if (kind === "single" && hosts.length > 1)
    throw wrong("names several hosts: begin it with redis+cluster:// or redis+sentinel://");
  const [username = "", password] = (parts["user"] ?? "").split(/:(.*)/s, 2).map(decode);
  const path = (parts["path"] ?? "").split("/").slice(1).map(decode);
  if (path.at(-1) === "") path.pop();
  const name = kind === "sentinel" ? (path.shift() ?? "") : "";
  if (kind === "sentinel" && name === "") throw wrong("must name the server Sentinel watches: …/name");
  return {
    kind,
    tls: parts["tls"] !== undefined,
    hosts,
    username: username || undefined,
    password: password || undefined,
    database: readDatabase(path, kind),
    name,
    settings: readSettings(new URLSearchParams(parts["query"] ?? "")),
  };
}

function readHost(text: string, defaultPort: number): HostAndPort {
  const match = /^(?<host>\[[\da-f:.]+\]|[^:[\]\s]+)(?::(?<port>\d{1,5}))?$/i.exec(text);
  const port = Number(match?.groups?.["port"] ?? defaultPort);
  if (!match?.groups || port > 65_535) throw wrong(`has no valid host or port in ${JSON.stringify(text)}`);
  return { host: match.groups["host"]?.replace(/^\[|\]$/g, "") ?? "", port };
}

function readDatabase(path: readonly string[], kind: RedisAddress["kind"]): number {
  const [text, ...more] = path;
  if (text === undefined) return 0;
  if (more.length > 0 || !/^\d{1,5}$/.test(text)) throw wrong("must end in the number of a database");
  if (kind === "cluster" && text !== "0") throw wrong("names a database, but a cluster has only number 0");
  return Number(text);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw wrong("has a percent sign that begins no escape");
  }
}

/** The URL itself is left out: it may hold a password. */
function wrong(problem: string): ValidationError {
  return ValidationError.of("store", `the Redis URL ${problem}`);
}

/** How messages name the server: without user and password. */
export function describeAddress({ kind, tls, hosts, name, database }: RedisAddress): string {
  const scheme = `redis${tls ? "s" : ""}${kind === "single" ? "" : `+${kind}`}`;
  const places = hosts
    .map(({ host, port }) => `${host.includes(":") ? `[${host}]` : host}:${port}`)
    .join(",");
  return `${scheme}://${places}${name && `/${name}`}${database > 0 ? `/${database}` : ""}`;
}
