import { ValidationError } from "../../../core/errors.ts";
import type { Compression } from "../values.ts";

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
  /** For TLS: path of the certificates, as PEM, by which servers are trusted. Default: those of Node. */
  readonly ca?: string;
  /** For TLS: path of our own certificate, as PEM, where servers ask for one; `key` is that of its private key. */
  readonly cert?: string;
  readonly key?: string;
  /** User and password of the Sentinels. Default: none. */
  readonly sentinelUser?: string;
  readonly sentinelPassword?: string;
}

/** Settings of which some have a default. */
export type CheckedSettings = RedisSettings &
  Required<Pick<RedisSettings, "prefix" | "compression" | "minReplicas" | "timeout">>;

const TEXTS = ["prefix", "compression", "ca", "cert", "key", "sentinelUser", "sentinelPassword"] as const;
const NUMBERS = ["minReplicas", "timeout"] as const;

/** @throws ValidationError for a setting that is not known. */
export function readSettings(query: URLSearchParams): RedisSettings {
  const settings: Record<string, string | number> = {};
  for (const [name, value] of query) {
    if (isOneOf(TEXTS, name)) settings[name] = value;
    else if (isOneOf(NUMBERS, name)) settings[name] = value.trim() === "" ? Number.NaN : Number(value);
    else
      throw ValidationError.of(
        "store",
        `the Redis URL has the unknown setting ${JSON.stringify(name)}; use one of ${[...TEXTS, ...NUMBERS].join(", ")}`,
      );
  }
  return settings;
}

function isOneOf(names: readonly string[], name: string): boolean {
  return names.includes(name);
}

/** @throws ValidationError naming the setting. */
export function checkSettings(settings: RedisSettings): CheckedSettings {
  const { prefix = "memory", compression = "none", minReplicas = 0, timeout = 10_000 } = settings;
  if (prefix === "" || /[{}\0]/.test(prefix))
    throw ValidationError.of("prefix", "must be some text without braces", prefix);
  if (!["none", "fast", "high"].includes(compression))
    throw ValidationError.of("compression", "must be none, fast or high", compression);
  if (!Number.isInteger(minReplicas) || minReplicas < 0)
    throw ValidationError.of("minReplicas", "must be a whole number, at least 0", minReplicas);
  if (!(timeout >= 1 && timeout <= 2 ** 31 - 1))
    throw ValidationError.of("timeout", "must be a number of milliseconds, at least 1", timeout);
  if ((settings.cert === undefined) !== (settings.key === undefined))
    throw ValidationError.of(
      settings.cert === undefined ? "cert" : "key",
      "must be given too: cert and key go together",
    );
  return { ...settings, prefix, compression, minReplicas, timeout };
}
