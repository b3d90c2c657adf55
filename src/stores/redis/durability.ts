import type { Logger } from "../../core/logger.ts";
import { asPairs, asText } from "./connection/reply.ts";
import type { Server } from "./connection/server.ts";

/** What the server's configuration means for acknowledged writes. */
const RISKS: readonly { readonly setting: string; readonly safe: RegExp; readonly risk: string }[] = [
  {
    setting: "appendonly",
    safe: /^yes$/,
    risk: "appendonly is off: acknowledged writes since the last snapshot are lost when the server stops.",
  },
  {
    setting: "appendfsync",
    safe: /^always$/,
    risk: "appendfsync is not always: acknowledged writes of about the last second are lost with the power.",
  },
  {
    setting: "maxmemory-policy",
    safe: /^noeviction$/,
    risk: "maxmemory-policy evicts keys: memories are dropped without a word when the server's memory is full.",
  },
];

/** Logs what may lose acknowledged writes. Servers that keep their configuration to themselves are left alone. */
export async function warnOfLoss(server: Server, logger: Logger): Promise<void> {
  let configuration: ReadonlyMap<string, Buffer>;
  try {
    const [ask] = server.primaries();
    configuration = new Map(asPairs(await ask?.(["CONFIG", "GET", ...RISKS.map(({ setting }) => setting)])));
  } catch (error) {
    logger.debug(
      { store: server.where, problem: (error as Error).message },
      "Redis does not tell how it is configured.",
    );
    return;
  }
  for (const risk of durabilityRisks(configuration)) logger.warn({ store: server.where }, `Redis: ${risk}`);
}

function durabilityRisks(configuration: ReadonlyMap<string, Buffer>): string[] {
  return RISKS.filter(({ setting, safe }) => {
    const value = configuration.get(setting);
    return value !== undefined && !safe.test(asText(value));
  }).map(({ risk }) => risk);
}
