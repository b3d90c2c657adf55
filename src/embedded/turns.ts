/** How long work may hold the event loop, in milliseconds. */
const TURN = 10;

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
      await new Promise<void>((resume) => setTimeout(resume, 0));
      signal?.throwIfAborted();
      since = performance.now();
    }
    results.push(map(item, index));
  }
  return results;
}
