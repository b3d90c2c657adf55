import { availableParallelism, cpus, loadavg, totalmem } from "node:os";

/** What the figures were taken on, in one line. */
export function describeMachine(): string {
  const [processor] = cpus();
  const [load = 0] = loadavg();
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  return [
    new Date().toISOString().slice(0, 10),
    `Node ${process.versions.node}`,
    `${availableParallelism()} x ${processor?.model ?? "unknown processor"}`,
    `${gigabytes} GiB`,
    `load ${load.toFixed(1)} at the beginning`,
  ].join(", ");
}
