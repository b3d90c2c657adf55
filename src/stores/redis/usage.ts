import { silentLogger } from "../../core/logger.ts";
import { parseAddress } from "./connection/address.ts";
import { asList, asText } from "./connection/reply.ts";
import { connectServer } from "./connection/server.ts";
import { checkSettings } from "./connection/settings.ts";
import { durabilityRisks, type RedisRisk } from "./durability.ts";
import type { RedisStoreOptions } from "./options.ts";
import { hasVectorSets } from "./vector-sets.ts";

/** What keys of one kind take. */
export interface RedisKeyUsage {
  /** `conversations: messages`, `tenants: records`, …; `requests` are remembered for a minute. */
  readonly kind: string;
  readonly keys: number;
  /** What the server says they take, which for large keys is its own estimate. */
  readonly bytes: number;
  /** How many of them the server will remove by itself, and in how many seconds the first; null when none. */
  readonly expiring: number;
  readonly firstExpiresIn: number | null;
}

/** What a memory takes in Redis, and what of the server matters to it. */
export interface RedisUsage {
  /** All keys of the database, those of other programs included. */
  readonly keys: number;
  /** What the servers use in all, and may use at most; null without a limit. */
  readonly usedBytes: number;
  readonly maxBytes: number | null;
  /** Keys under the prefix that were looked at, and whether that was all of them. */
  readonly sampled: number;
  readonly complete: boolean;
  /** Of the keys that were looked at, the largest first. */
  readonly kinds: readonly RedisKeyUsage[];
  /** What of the server's configuration may lose acknowledged writes; none where it does not tell. */
  readonly risks: readonly RedisRisk[];
  /** Whether the server finds nearest vectors by itself. */
  readonly vectorSets: boolean;
}

const PAGE = 500;

/**
 * Tells what a memory takes in Redis. Looks at about `sample` keys (default 10,000) and blocks nobody.
 * @throws as `openRedisStore`.
 */
export async function redisUsage({
  url,
  logger = silentLogger,
  sample = 10_000,
  ...given
}: RedisStoreOptions & { readonly sample?: number }): Promise<RedisUsage> {
  const address = parseAddress(url);
  const settings = checkSettings({ ...address.settings, ...given });
  const { prefix } = settings;
  const server = await connectServer(address, { settings, logger });
  try {
    const kinds = new Map<string, RedisKeyUsage>();
    let [keys, usedBytes, maxBytes, sampled, complete] = [0, 0, 0, 0, true];
    for (const ask of server.primaries()) {
      keys += Number(await ask(["DBSIZE"]));
      const memory = asText(await ask(["INFO", "memory"]));
      usedBytes += infoNumber(memory, "used_memory");
      maxBytes += infoNumber(memory, "maxmemory");
      let cursor = "0";
      do {
        if (sampled >= sample) {
          complete = false;
          break;
        }
        const match = `${prefix.replace(/[\\*?[\]]/g, "\\$&")}:*`;
        const [next, page] = asList(await ask(["SCAN", cursor, "MATCH", match, "COUNT", String(PAGE)]));
        const names = asList(page).map(asText);
        sampled += names.length;
        const looks = names.map((key) => Promise.all([ask(["MEMORY", "USAGE", key]), ask(["TTL", key])]));
        for (const [index, [bytes, ttl]] of (await Promise.all(looks)).entries())
          count(kinds, kindOf(names[index] ?? "", prefix), Number(bytes ?? 0), Number(ttl));
        cursor = asText(next);
      } while (cursor !== "0");
    }
    return {
      keys,
      usedBytes,
      maxBytes: maxBytes === 0 ? null : maxBytes,
      sampled,
      complete,
      kinds: [...kinds.values()].sort((left, right) => right.bytes - left.bytes),
      risks: await durabilityRisks(server, logger),
      vectorSets: await hasVectorSets(server, prefix),
    };
  } finally {
    await server.close();
  }
}

function infoNumber(info: string, name: string): number {
  return Number(new RegExp(`^${name}:(\\d+)`, "m").exec(info)?.[1] ?? 0);
}

function kindOf(key: string, prefix: string): string {
  const [, place = "", field = ""] =
    /^(conv|tenant):\{[^}]*\}:([a-z-]+)/.exec(key.slice(prefix.length + 1)) ?? [];
  if (field === "request") return "requests";
  if (place === "") return "others";
  return `${place === "conv" ? "conversations" : "tenants"}: ${field}`;
}

function count(kinds: Map<string, RedisKeyUsage>, kind: string, bytes: number, ttl: number): void {
  const before = kinds.get(kind) ?? { kind, keys: 0, bytes: 0, expiring: 0, firstExpiresIn: null };
  const expires = ttl >= 0;
  const first = before.firstExpiresIn;
  kinds.set(kind, {
    kind,
    keys: before.keys + 1,
    bytes: before.bytes + bytes,
    expiring: before.expiring + (expires ? 1 : 0),
    firstExpiresIn: expires ? Math.min(first ?? ttl, ttl) : first,
  });
}
