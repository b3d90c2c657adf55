/** Where in a rising list the value is; -1 when it is not there. */
export function placeIn(list: Uint32Array, value: number): number {
  const place = firstBetween(list, value, 0, list.length);
  return list[place] === value ? place : -1;
}

/** Where in a rising list the values begin that are not below one, looking around a place first. */
export function firstNotBelow(list: Uint32Array, value: number, near: number): number {
  let [low, high] = [near, near];
  for (let step = 1; low > 0 && (list[low - 1] ?? 0) >= value; step *= 2) {
    high = low - 1;
    low = Math.max(0, low - step);
  }
  for (let step = 1; high < list.length && (list[high] ?? 0) < value; step *= 2) {
    low = high + 1;
    high = Math.min(list.length, high + step);
  }
  return firstBetween(list, value, low, high);
}

/** The first place from `low` on whose value is not below one; `high` when there is none before it. */
function firstBetween(list: Uint32Array, value: number, low: number, high: number): number {
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((list[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
