import { nextTurn } from "../core/next-turn.ts";

/** How long work may hold the event loop, in milliseconds. */
const TURN = 10;

/** So many records are read, embedded or analysed well within a turn. */
const SLICE = 50;

/** Maps items in order, and lets others run when it takes long: in the middle and, where there are many, before. */
export async function mapInTurns<Item, Result>(
  items: readonly Item[],
  map: (item: Item, index: number) => Result,
  signal?: AbortSignal,
): Promise<Result[]> {
  const results: Result[] = [];
  // Who has many items has done something with them just now.
  let since = items.length > SLICE ? Number.NEGATIVE_INFINITY : performance.now();
  for (const [index, item] of items.entries()) {
    if (performance.now() - since >= TURN) {
      await nextTurn();
      signal?.throwIfAborted();
      since = performance.now();
    }
    results.push(map(item, index));
  }
  return results;
}

/** Works on items slice by slice, in order, and lets others run in between. */
export async function inSlices<Item, Result>(
  items: readonly Item[],
  work: (slice: readonly Item[]) => Promise<Iterable<Result>>,
  signal?: AbortSignal,
): Promise<Result[]> {
  // Most calls write one record: no more steps than needed.
  if (items.length <= SLICE) return items.length === 0 ? [] : [...(await work(items))];
  const results: Result[] = [];
  for (let from = 0; from < items.length; from += SLICE) {
    await nextTurn();
    signal?.throwIfAborted();
    for (const result of await work(items.slice(from, from + SLICE))) results.push(result);
  }
  return results;
}

/** Gives every caller a turn of the event loop of its own, in the order they came: however many come at once, others run. */
export class TurnQueue {
  #last: Promise<void> = Promise.resolve();

  next(): Promise<void> {
    this.#last = this.#last.then(nextTurn);
    return this.#last;
  }
}
