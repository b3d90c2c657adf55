/** Changes maps and lists so that all of it can be undone. */
export interface Transaction {
  set<Key, Value>(map: Map<Key, Value>, key: Key, value: Value): void;
  delete<Key, Value>(map: Map<Key, Value>, key: Key): void;
  push<Item>(list: Item[], item: Item): void;
}

/** Runs `work` all or nothing: when it throws, what it changed through the transaction is as before. */
export function atomically<Result>(work: (transaction: Transaction) => Result): Result {
  const undo: (() => void)[] = [];
  const restore = <Key, Value>(map: Map<Key, Value>, key: Key) => {
    const before = map.get(key);
    undo.push(before === undefined ? () => map.delete(key) : () => map.set(key, before));
  };
  try {
    return work({
      set(map, key, value) {
        restore(map, key);
        map.set(key, value);
      },
      delete(map, key) {
        restore(map, key);
        map.delete(key);
      },
      push(list, item) {
        undo.push(() => list.pop());
        list.push(item);
      },
    });
  } catch (error) {
    for (const step of undo.reverse()) step();
    throw error;
  }
}
