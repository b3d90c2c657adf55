/** How long work may hold the event loop, in milliseconds. */
const TURN = 10;

/** Resolves when whatever else waits for the event loop had its turn. */
function nextTurn(): Promise<void> {
  // Timers wait a millisecond at least, but they are everywhere.
  const { setImmediate = setTimeout } = globalThis as { setImmediate?: (resume: () => void) => unknown };
  return new Promise((resume) => {
    setImmediate(resume);
  });
}

/** Maps items in order, and lets others run in the middle when it takes long. */
export async function mapInTurns<Item, Result>(
  items: readonly Item[],
  map: (item: Item, index: number) => Result,
  signal?: AbortSignal,
): Promise<Result[]> {
  const results: Result[] = [];
  let since = performance.now();
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

/** Gives every caller a turn of the event loop of its own, in the order they came: however many come at once, others run. */
export class TurnQueue {
  #last: Promise<void> = Promise.resolve();

  next(): Promise<void> {
    this.#last = this.#last.then(nextTurn);
    return this.#last;
  }
}
