import type { Partition } from "./partition.ts";
import type { Places } from "./places.ts";

/** The slot before this one in its session, among those that have a place; -1 for none. */
export function previousOf({ links }: Partition, slot: number, places: Places): number {
  return firstWithPlace(links.previous.values, slot, places);
}

/** The slot after this one in its session, among those that have a place; -1 for none. */
export function nextOf({ links }: Partition, slot: number, places: Places): number {
  return firstWithPlace(links.next.values, slot, places);
}

function firstWithPlace(links: Int32Array, slot: number, places: Places): number {
  let found = links[slot] ?? -1;
  while (found >= 0 && places.of(found) < 0) found = links[found] ?? -1;
  return found;
}
