import type { Partition } from "./partition.ts";

/** The slot before this one in its session, among the allowed; -1 for none. */
export function previousOf({ links }: Partition, slot: number, allowed: Uint8Array): number {
  return firstAllowed(links.previous.values, slot, allowed);
}

/** The slot after this one in its session, among the allowed; -1 for none. */
export function nextOf({ links }: Partition, slot: number, allowed: Uint8Array): number {
  return firstAllowed(links.next.values, slot, allowed);
}

function firstAllowed(links: Int32Array, slot: number, allowed: Uint8Array): number {
  let found = links[slot] ?? -1;
  while (found >= 0 && allowed[found] !== 1) found = links[found] ?? -1;
  return found;
}
