import { withoutPassword } from "../../config/settings.ts";
import { type RedisKeyUsage, redisUsage } from "../../stores/redis/index.ts";
import { type Check, type Finding, ok, warning } from "./finding.ts";

/** What each Redis that keeps something takes, and what of its configuration is a risk. */
export const checkRedis: Check = async ({ settings }) => {
  const urls = [settings.storeUrl().value, settings.workingUrl()?.value ?? ""];
  const findings: Finding[] = [];
  for (const url of new Set(urls.filter((one) => /^rediss?(\+\w+)?:/i.test(one))))
    findings.push(...(await checkUsage(url)));
  return findings;
};

/** So many kinds of keys are told, the largest. */
const LISTED = 6;

async function checkUsage(url: string): Promise<Finding[]> {
  const { keys, usedBytes, maxBytes, sampled, complete, kinds, risks, vectorSets } = await redisUsage({
    url,
  });
  const limit = maxBytes === null ? "no limit" : `a limit of ${sizeOf(maxBytes)}`;
  const of = complete ? `${sampled} keys` : `${sampled} keys that were looked at`;
  const largest = kinds
    .slice(0, LISTED)
    .map(({ kind, keys, bytes }) => `${kind} ${sizeOf(bytes)}${keys > 1 ? ` in ${keys} keys` : ""}`);
  if (kinds.length > LISTED) largest.push(`${kinds.length - LISTED} smaller kinds`);
  return [
    ok("redis", `${withoutPassword(url)}: ${keys} keys, ${sizeOf(usedBytes)} in use, ${limit}.`),
    ok("redis", `Of this memory ${of}${largest.length > 0 ? `: ${largest.join(", ")}` : ""}.`),
    ok("redis", expiries(kinds)),
    ok(
      "redis",
      vectorSets
        ? "The server has vector sets, which may take the place of an index in the process."
        : "The server has no vector sets, as Redis 8 has: records are searched by an index in the process.",
    ),
    ...risks.map(({ setting, risk, better }) =>
      warning("redis", risk, `Set ${setting} to ${better} in the server's configuration.`),
    ),
  ];
}

function expiries(kinds: readonly RedisKeyUsage[]): string {
  const expiring = kinds.reduce((sum, kind) => sum + kind.expiring, 0);
  const first = Math.min(...kinds.map(({ firstExpiresIn }) => firstExpiresIn ?? Number.POSITIVE_INFINITY));
  return expiring === 0
    ? "The server will remove none of them by itself."
    : `The server will remove ${expiring} of them by itself, the first in ${first} s.`;
}

function sizeOf(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
