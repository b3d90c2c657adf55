import type { Logger } from "../../core/logger.ts";
import { asPairs, asText } from "./connection/reply.ts";
import type { Server } from "./connection/server.ts";

/** What the server's configuration means for acknowledged writes. */
export interface RedisRisk {
  /** Of the server's configuration, for example `appendonly`, and what it has. */
  readonly setting: string;
  readonly value: string;
  /** One sentence. */
  readonly risk: string;
  /** What the setting should be. */
  readonly better: string;
}

const SETTINGS: readonly { readonly setting: string; readonly better: string; readonly risk: string }[] = [
  {
    setting: "appendonly",
    better: "yes",
    risk: "appendonly is off: acknowledged writes since the last snapshot are lost when the server stops.",
  },
  {
    setting: "appendfsync",
    better: "always",
    risk: "appendfsync is not always: acknowledged writes of about the last second are lost with the power.",
  },
  {
    setting: "maxmemory-policy",
    better: "noeviction",
    risk: "maxmemory-policy evicts keys: memories are dropped without a word when the server's memory is full.",
  },
];

/** Logs what may lose acknowledged writes. */
export async function warnOfLoss(server: Server, logger: Logger): Promise<void> {
  for (const { risk } of await durabilityRisks(server, logger))
    logger.warn({ store: server.where }, `Redis: ${risk}`);
}

/** What may lose acknowledged writes. Servers that keep their configuration to themselves are left alone. */
export async function durabilityRisks(server: Server, logger: Logger): Promise<RedisRisk[]> {
  let configuration: ReadonlyMap<string, Buffer>;
  try {
    const [ask] = server.primaries();
    const names = SETTINGS.map(({ setting }) => setting);
    configuration = new Map(asPairs(await ask?.(["CONFIG", "GET", ...names])));
  } catch (error) {
    logger.debug(
      { store: server.where, problem: (error as Error).message },
      "Redis does not tell how it is configured.",
    );
    return [];
  }
  return SETTINGS.flatMap((wanted) => {
    const value = configuration.get(wanted.setting);
    const said = asText(value);
    return value === undefined || said === wanted.better ? [] : [{ ...wanted, value: said }];
  });
}
