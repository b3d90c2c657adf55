import { ValidationError } from "../../../core/errors.ts";
import type { Compression } from "../values.ts";

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

/** What may stand behind the question mark of a Redis URL. */
export interface RedisSettings {
  /** Begins the name of every key. Default `memory`. */
  readonly prefix?: string;
  /** `fast` or `high` compresses values from 512 characters on with zstd. Default `none`. */
  readonly compression?: Compression;
  /** How many replicas must have a write before it is acknowledged. Default 0. */
  readonly minReplicas?: number;
  /** Milliseconds a call may take, reconnecting and trying again included. Default 10000. */
  readonly timeout?: number;
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

function readSettings(query: URLSearchParams): RedisSettings {
  const settings: { -readonly [name in keyof RedisSettings]: RedisSettings[name] } = {};
  for (const [name, value] of query) {
    switch (name) {
      case "prefix":
        settings.prefix = value;
        break;
      case "compression":
        settings.compression = value as Compression;
        break;
      case "minReplicas":
      case "timeout":
        settings[name] = value.trim() === "" ? Number.NaN : Number(value);
        break;
      default:
        throw wrong(`has the unknown setting ${JSON.stringify(name)}; use one of ${SETTINGS.join(", ")}`);
    }
  }
  return settings;
}

const SETTINGS = ["prefix", "compression", "minReplicas", "timeout"];

/** @throws ValidationError naming the setting. */
export function checkSettings(settings: RedisSettings): Required<RedisSettings> {
  const { prefix = "memory", compression = "none", minReplicas = 0, timeout = 10_000 } = settings;
  if (prefix === "" || /[{}\0]/.test(prefix))
    throw ValidationError.of("prefix", "must be some text without braces", prefix);
  if (!["none", "fast", "high"].includes(compression))
    throw ValidationError.of("compression", "must be none, fast or high", compression);
  if (!Number.isInteger(minReplicas) || minReplicas < 0)
    throw ValidationError.of("minReplicas", "must be a whole number, at least 0", minReplicas);
  if (!(timeout >= 1 && timeout <= 2 ** 31 - 1))
    throw ValidationError.of("timeout", "must be a number of milliseconds, at least 1", timeout);
  return { prefix, compression, minReplicas, timeout };
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
