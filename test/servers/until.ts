import { setTimeout as pause } from "node:timers/promises";

const PATIENCE = 60_000;

/** Asks again and again until something of a server is so. A question that fails is asked again too. */
export async function until(what: string, question: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE;
  let failure: unknown;
  while (performance.now() < deadline) {
    try {
      if (await question()) return;
    } catch (error) {
      failure = error;
    }
    await pause(20);
  }
  throw new Error(`It never came about that ${what}`, { cause: failure });
}
