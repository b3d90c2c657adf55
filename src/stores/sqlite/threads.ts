import { Worker } from "node:worker_threads";

/** Threads that nobody uses, by the name of what they run. */
const resting = new Map<string, Worker[]>();

/**
 * A thread that runs one of the workers of this folder, to be given back. Threads are not ended but used again, as long as the
 * process lives: where one ends while another begins, V8 may break off the whole process (`jit_page.has_value()`, see
 * nodejs/node#64500). Those that rest keep nobody from ending the program.
 * @throws when a thread cannot be started here
 */
export function takeThread(name: string): Worker {
  const rested = resting.get(name)?.pop();
  if (rested) return rested;
  // Not the program's own flags: some, such as --input-type, a worker refuses.
  const thread = new Worker(workerFile(name), { execArgv: [] });
  // Whoever takes it listens too. One that breaks down while it rests is nobody's loss.
  thread.on("error", () => undefined);
  thread.on("exit", () => {
    const others = resting.get(name)?.filter((other) => other !== thread) ?? [];
    resting.set(name, others);
  });
  return thread;
}

/** Gives back a thread that has nothing to do any more. */
export function restThread(name: string, thread: Worker): void {
  thread.unref();
  resting.set(name, [...(resting.get(name) ?? []), thread]);
}

/** The same place in the sources and in the published package, wherever this module was put in it. */
function workerFile(name: string): URL {
  const here = import.meta.url;
  if (here.endsWith(".ts")) return new URL(`${name}.ts`, here);
  const dist = here.slice(0, here.lastIndexOf("/dist/") + "/dist/".length);
  return new URL(`stores/sqlite/${name}.js`, dist);
}
