import { randomBytes } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { Logger } from "../../../core/logger.ts";
import type { Stored } from "../values.ts";
import { describeAddress, type RedisAddress } from "./address.ts";
import { type Client, createRedisClient, type Send } from "./client.ts";
import {
  closedFailure,
  isPassing,
  isRedirection,
  isUnknownScript,
  storeFailure,
  tooFewReplicas,
  unavailable,
} from "./failures.ts";
import { gatherFields, readingFields, valuesOf } from "./fields.ts";
import { type Call, type Company, gatherCalls } from "./gathering.ts";
import { asList, type Reply } from "./reply.ts";
import { requestNames } from "./requests.ts";
import type { Script } from "./script.ts";
import type { CheckedSettings } from "./settings.ts";

/** The server as the store needs it: every call ends, with an answer or an error, within the deadline. */
export interface Server {
  /** How messages name it. */
  readonly where: string;
  readonly isCluster: boolean;
  /** Sends a command that may be repeated. The key says who has the data. */
  command(key: string, command: readonly Stored[]): Promise<Reply>;
  /** A way to each primary for commands that may be repeated, whatever keys it has. */
  primaries(): Send[];
  /** Runs a script that may be repeated. */
  run(script: Script, call: Call): Promise<Reply>;
  /**
   * Has a call carried out together with others that come at the same moment. One that writes happens once, however often
   * it is tried.
   */
  gather(company: Company, call: Call): Promise<Reply>;
  /**
   * Reads fields of hashes that are in one place: for each hash their values, all as they were at one moment. Together with others
   * that read the same hashes at the same moment.
   */
  fields(keys: readonly string[], fields: readonly string[]): Promise<Reply[][]>;
  /** Runs `work`, unless the store was closed; closing waits for it. */
  whileOpen<Result>(work: () => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

export interface ServerOptions {
  readonly settings: CheckedSettings;
  readonly logger: Logger;
}

export async function connectServer(address: RedisAddress, options: ServerOptions): Promise<Server> {
  const { settings, logger } = options;
  const { timeout, minReplicas } = settings;
  const where = describeAddress(address);
  const client = await createRedisClient(address, { settings, logger, where });
  await connect(client, where, timeout);
  const requests = requestNames(randomBytes(9).toString("base64url"));
  const running = new Set<Promise<unknown>>();
  let closing: Promise<void> | undefined;

  /** Tries again until the deadline; `attempt` is told how often it was tried before. */
  async function patiently<Result>(attempt: (tries: number) => Promise<Result>): Promise<Result> {
    const start = performance.now();
    for (let tries = 0; ; tries++) {
      const left = timeout - (performance.now() - start);
      try {
        return await within(left, attempt(tries));
      } catch (error) {
        const waited = performance.now() - start;
        if (error === LATE) throw unavailable(where, waited, client.problem());
        // Where a cluster has just moved a key, the next try finds it.
        const moved = address.kind === "cluster" && isRedirection(error);
        if (!isPassing(error) && !moved) throw storeFailure(error, where);
        if (waited >= timeout) throw unavailable(where, waited, error);
        await wait(Math.min(timeout - waited, 2 ** Math.min(tries, 7) * (0.5 + Math.random() / 2)));
      }
    }
  }

  async function evaluate(
    script: Script,
    keys: readonly string[],
    args: readonly Stored[],
    send: (key: string, command: readonly Stored[]) => Promise<Reply> = client.send,
  ): Promise<Reply> {
    const rest = [String(keys.length), ...keys, ...args];
    const key = keys[0] ?? "";
    try {
      return await send(key, ["EVALSHA", script.sha, ...rest]);
    } catch (error) {
      // Also after SCRIPT FLUSH, a restart or on a replica that has taken over.
      if (!isUnknownScript(error)) throw error;
      return send(key, ["EVAL", script.source, ...rest]);
    }
  }

  /** Sends a command and, right behind it on the same connection, the wish to know how many replicas have it. */
  async function sendReplicated(key: string, command: readonly Stored[]): Promise<Reply> {
    const patience = String(Math.ceil(timeout / 4));
    const waiting = ["WAIT", String(minReplicas), patience];
    const [reply = null, replicas] = await client.sendTogether(key, [command, waiting]);
    if (Number(replicas) < minReplicas) throw tooFewReplicas(where, Number(replicas), minReplicas);
    return reply;
  }

  const gather = gatherCalls(async ({ script, shared, request }, calls) => {
    const keys = [...shared, ...calls.flatMap((call) => call.keys)];
    const args = calls.flatMap((call) => [call.args.length, call.keys.length, ...call.args]).map(argument);
    if (!request) return asList(await patiently(() => evaluate(script, keys, args)));
    const { id, key } = requests.take();
    const send = minReplicas === 0 ? client.send : sendReplicated;
    const allKeys = [request(key), ...keys];
    const replies = await patiently((tries) =>
      evaluate(script, allKeys, [tries === 0 ? "0" : "1", id, ...args], send),
    );
    requests.release(key);
    return asList(replies);
  });

  return {
    where,
    isCluster: address.kind === "cluster",
    command: (key, command) => patiently(() => client.send(key, command)),
    primaries: () => client.primaries().map((send) => (command) => patiently(() => send(command))),
    run: (script, { keys, args }) => patiently(() => evaluate(script, keys, args.map(argument))),
    gather,
    fields: gatherFields((keys, fields) =>
      patiently(async () => valuesOf(await client.sendTogether(keys[0] ?? "", readingFields(keys, fields)))),
    ),
    whileOpen(work) {
      if (closing !== undefined) return Promise.reject(closedFailure(where));
      const promise = work();
      running.add(promise);
      const end = () => running.delete(promise);
      promise.then(end, end);
      return promise;
    },
    close() {
      closing ??= (async () => {
        await Promise.allSettled(running);
        await within(timeout, client.close()).catch(() => client.destroy());
      })();
      return closing;
    },
  };
}

function argument(value: Stored | number): Stored {
  return typeof value === "number" ? String(value) : value;
}

async function connect(client: Client, where: string, timeout: number): Promise<void> {
  try {
    await within(timeout, client.connect());
  } catch (error) {
    client.destroy();
    if (error === LATE || isPassing(error))
      throw unavailable(where, timeout, error === LATE ? client.problem() : error);
    throw storeFailure(error, where);
  }
}

/** What `within` throws when the time is up. */
const LATE = Symbol("late");

/** The promise's outcome, or `LATE` after so many milliseconds. */
function within<Result>(milliseconds: number, promise: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(LATE), Math.max(0, milliseconds));
    promise.then(
      (result) => {
        clearTimeout(timer);
        resolve(result);
      },
      (error) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}
