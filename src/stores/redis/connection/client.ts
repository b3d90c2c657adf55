import { ValidationError } from "../../../core/errors.ts";
import type { Logger } from "../../../core/logger.ts";
import type { Stored } from "../values.ts";
import type { RedisAddress } from "./address.ts";
import { isRedirection } from "./failures.ts";
import type { Reply } from "./reply.ts";
import type { CheckedSettings } from "./settings.ts";
import { isTlsFailure, tlsOptions } from "./tls.ts";

export type Send = (command: readonly Stored[]) => Promise<Reply>;

/** One server, or those of a cluster, behind the same few methods. Nothing is tried again here. */
export interface Client {
  connect(): Promise<unknown>;
  /** Sends a command to whoever has the key. */
  send(key: string, command: readonly Stored[]): Promise<Reply>;
  /** A way to each primary, whatever keys it has. */
  primaries(): Send[];
  /** Sends commands on one connection, one right behind the other, to whoever has the key. */
  sendTogether(key: string, commands: readonly (readonly Stored[])[]): Promise<Reply[]>;
  /** What the connection suffers from; undefined while it works. */
  problem(): Error | undefined;
  /** Waits for answers that are under way. */
  close(): Promise<unknown>;
  /** Waits for nothing. */
  destroy(): void;
}

/** Longest pause between two tries to connect, in milliseconds. */
const LONGEST_PAUSE = 1000;

/** The server lets us in no more however often we try. */
const REFUSED = /^(NOAUTH|WRONGPASS|NOPERM|ERR AUTH|ERR invalid password|ERR DB index)/;

/** Makes a client that is not connected yet. */
export async function createRedisClient(
  address: RedisAddress,
  { settings, logger, where }: { settings: CheckedSettings; logger: Logger; where: string },
): Promise<Client> {
  const redis = await loadDriver();
  const { hosts, tls, username, password, database } = address;
  const { sentinelUser, sentinelPassword } = settings;
  const credentials = {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
  };
  let connected = false;
  let problem: Error | undefined;
  const reconnectStrategy = (tries: number, cause: Error) => {
    // Later on it may be a password that is just being changed.
    if (!connected && (REFUSED.test(cause.message) || isTlsFailure(cause))) return cause;
    return Math.min(LONGEST_PAUSE, 20 * 2 ** tries) * (0.5 + Math.random() / 2);
  };
  const socket = { ...(tls && tlsOptions(settings)), connectTimeout: settings.timeout, reconnectStrategy };
  const common = {
    ...credentials,
    name: "memoir",
    // A command that finds no connection fails at once: the caller knows how long it may wait.
    disableOfflineQueue: true,
    ...(database > 0 && { database }),
  };
  // The driver's own timeout would make an abort signal for each command, which costs more than sending it.
  const commandOptions = { timeout: 0 };
  const mapping = { [redis.RESP_TYPES.BLOB_STRING]: Buffer };
  /** Makes the rest of the client of what differs between the kinds. */
  const watched = (
    driver: { on(event: "error", listener: (error: Error) => void): unknown; connect(): Promise<unknown> },
    rest: Omit<Client, "connect" | "problem">,
  ): Client => {
    driver.on("error", (error) => {
      // Every try to connect again fails alike while the server is away: once is enough to say.
      const known = problem?.message === error.message;
      problem = error;
      if (!known)
        logger.warn(
          { store: where, problem: error.message },
          `The connection to ${where} failed: ${error.message}.`,
        );
    });
    return {
      ...rest,
      async connect() {
        await driver.connect();
        connected = true;
      },
      async send(key, command) {
        const reply = await rest.send(key, command);
        problem = undefined;
        return reply;
      },
      problem: () => problem,
    };
  };
  const [first = { host: "localhost", port: 6379 }] = hosts;
  switch (address.kind) {
    case "single": {
      const client = redis.createClient({
        ...common,
        RESP: 2,
        commandOptions,
        socket: { ...socket, ...first } as never,
      });
      const typed = client.withTypeMapping(mapping);
      return watched(client, {
        send: (_, command) => typed.sendCommand<Reply>(command),
        primaries: () => [(command) => typed.sendCommand<Reply>(command)],
        sendTogether: (_, commands) =>
          Promise.all(commands.map((command) => typed.sendCommand<Reply>(command))),
        close: () => client.close(),
        destroy: () => client.destroy(),
      });
    }
    case "sentinel": {
      const sentinel = redis.createSentinel({
        name: address.name,
        sentinelRootNodes: [...hosts],
        RESP: 2,
        commandOptions,
        nodeClientOptions: { ...common, socket: socket as never },
        sentinelClientOptions: {
          ...(sentinelUser !== undefined && { username: sentinelUser }),
          ...(sentinelPassword !== undefined && { password: sentinelPassword }),
          socket: socket as never,
        },
        scanInterval: 1000,
      });
      const options = { ...commandOptions, typeMapping: mapping };
      /**
       * On one connection to the primary, once. The driver by itself would send a command again whose connection broke: a write
       * twice, or WAIT to the next primary, which knows nothing of a write that the last one took with it.
       */
      const together = async (commands: readonly (readonly Stored[])[]): Promise<Reply[]> => {
        const outcome = await sentinel._execute(false, async (client) => {
          try {
            const replies = commands.map((command) => client.sendCommand<Reply>([...command], options));
            return { replies: await Promise.all(replies) };
          } catch (error) {
            // Nothing was carried out; the driver looks for the primary before it tries again.
            if (error instanceof Error && error.message.startsWith("READONLY")) throw error;
            return { error };
          }
        });
        if (outcome.replies === undefined) throw outcome.error;
        return outcome.replies;
      };
      const send: Send = async (command) => (await together([command]))[0] ?? null;
      return watched(sentinel, {
        send: (_, command) => send(command),
        primaries: () => [send],
        sendTogether: (_, commands) => together(commands),
        close: () => sentinel.close(),
        destroy: () => void sentinel.destroy(),
      });
    }
    case "cluster": {
      const cluster = redis.createCluster({
        rootNodes: hosts.map((place) => ({ socket: { ...socket, ...place } as never })),
        defaults: { ...common, socket: socket as never },
        RESP: 2,
        topologyRefreshOnReconnectionAttemptStrategy: LONGEST_PAUSE,
        commandOptions,
      });
      const typed = cluster.withTypeMapping(mapping);
      return watched(cluster, {
        send: (key, command) => typed.sendCommand<Reply>(key, false, [...command]),
        primaries: () =>
          cluster.masters.map((node) => async (command) => {
            const client = await cluster.nodeClient(node);
            return client.withTypeMapping(mapping).sendCommand<Reply>(command);
          }),
        // The driver would follow a redirection with one of them, and leave the others behind.
        async sendTogether(key, commands) {
          const node = (await cluster.getNodeClientForKey(key, false)).withTypeMapping(mapping);
          try {
            return await Promise.all(commands.map((command) => node.sendCommand<Reply>(command)));
          } catch (error) {
            // Has the driver learn where the key is now.
            if (isRedirection(error)) await typed.sendCommand<Reply>(key, false, ["TYPE", key]);
            throw error;
          }
        },
        close: () => cluster.close(),
        destroy: () => cluster.destroy(),
      });
    }
  }
}

async function loadDriver() {
  try {
    return await import("redis");
  } catch (cause) {
    if ((cause as { code?: string }).code !== "ERR_MODULE_NOT_FOUND") throw cause;
    throw ValidationError.of("store", "needs the package redis: install it with npm install redis");
  }
}
