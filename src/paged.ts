/** One page when awaited; every item of every page when iterated. */
export interface Paged<Page, Item> extends PromiseLike<Page>, AsyncIterable<Item> {}

/** Nothing is fetched until somebody awaits or iterates. `next` gives the place of the following page, or null. */
export function paged<Page, Item, Place>(
  fetch: (place: Place | null) => Promise<Page>,
  items: (page: Page) => readonly Item[],
  next: (page: Page) => Place | null,
): Paged<Page, Item> {
  return {
    // biome-ignore lint/suspicious/noThenProperty: awaiting it is the point.
    then: (resolve, reject) => fetch(null).then(resolve, reject),
    async *[Symbol.asyncIterator]() {
      let place: Place | null = null;
      do {
        const page: Page = await fetch(place);
        yield* items(page);
        place = next(page);
      } while (place !== null);
    },
  };
}
