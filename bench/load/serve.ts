/** A server to be measured, in a process of its own that tells what its event loop went through. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { openMemory } from "../../src/index.ts";
import { serve } from "../../src/server/index.ts";

/** What the process tells at first, and whenever it is asked. */
export interface Told {
  /** Where it listens. */
  readonly url: string;
  /** Milliseconds that its event loop was held at most since it was last asked. */
  readonly longestHold: number;
}

const [store] = process.argv.slice(2);
const memory = await openMemory(`sqlite:${store}`);
const server = await serve({ operations: memory.operations, port: 0 });
const delays = monitorEventLoopDelay({ resolution: 1 });
delays.enable();

function tell(): void {
  process.send?.({ url: server.url, longestHold: delays.max / 1e6 } satisfies Told);
  delays.reset();
}

process.on("message", tell);
process.once("disconnect", () => void server.close());
tell();
