import { fork } from "node:child_process";
import { on, once } from "node:events";
import type { Hold } from "../measuring/event-loop.ts";
import type { Told } from "./serve.ts";

/** A server in a process of its own. */
export interface MeasuredServer {
  readonly url: string;
  /** Of its event loop, since it was last asked. */
  longestHold(): Promise<Hold>;
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
    async longestHold(): Promise<Hold> {
      server.send("tell");
      return (await told()).hold;
    },
    async stop(): Promise<void> {
      server.disconnect();
      await once(server, "exit");
    },
  };
}
