import { fork } from "node:child_process";
import { on, once } from "node:events";
import type { Told } from "./serve.ts";

/** A server in a process of its own. */
export interface MeasuredServer {
  readonly url: string;
  /** Milliseconds that its event loop was held at most since it was last asked. */
  longestHold(): Promise<number>;
  stop(): Promise<void>;
}

/** Serves a store from a process of its own. */
export async function startServer(store: string): Promise<MeasuredServer> {
  const server = fork(new URL("serve.ts", import.meta.url), [store], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const messages = on(server, "message", { close: ["exit"] });
  const told = async (): Promise<Told> => {
    const { value, done } = await messages.next();
    if (done) throw new Error("The server ended");
    return value[0];
  };
  const { url } = await told();
  return {
    url,
    async longestHold(): Promise<number> {
      server.send("tell");
      return (await told()).longestHold;
    },
    async stop(): Promise<void> {
      server.disconnect();
      await once(server, "exit");
    },
  };
}
