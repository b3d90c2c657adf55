import type { Partition } from "./partition.ts";

/** The slot before this one in its session, among the allowed; -1 for none. */
export function previousOf({ previous }: Partition, slot: number, allowed: Uint8Array): number {
  return firstAllowed(previous.values, slot, allowed);
}

/** The slot after this one in its session, among the allowed; -1 for none. */
export function nextOf({ next }: Partition, slot: number, allowed: Uint8Array): number {
  return firstAllowed(next.values, slot, allowed);
}

function firstAllowed(links: Int32Array, slot: number, allowed: Uint8Array): number {
  let found = links[slot] ?? -1;
  while (found >= 0 && allowed[found] !== 1) found = links[found] ?? -1;
  return found;
}
