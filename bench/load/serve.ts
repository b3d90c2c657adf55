/** A server to be measured, in a process of its own that tells what its event loop went through. */
import { openMemory } from "../../src/index.ts";
import { serve } from "../../src/server/index.ts";
import { EventLoopWatch, type Hold } from "../measuring/event-loop.ts";

/** What the process tells at first, and whenever it is asked. */
export interface Told {
  /** Where it listens. */
  readonly url: string;
  /** Since it was last asked. */
  readonly hold: Hold;
}

const [store] = process.argv.slice(2);
const memory = await openMemory(`sqlite:${store}`);
const server = await serve({ operations: memory.operations, port: 0 });
const watch = new EventLoopWatch();

function tell(): void {
  process.send?.({ url: server.url, hold: watch.hold() } satisfies Told);
}

process.on("message", tell);
process.once("disconnect", () => void server.close());
tell();
