import { Segment } from "./segment.ts";

/** No term has this number. */
const NONE = 0xffff_ffff;

/** Makes one segment of several that follow one another, of 65,536 slots together at most: a term in each step. */
export function* merge(segments: readonly Segment[]): Generator<undefined, Segment, undefined> {
  const all = segments.map(({ parts }) => parts);
  const [from, size] = [all[0]?.from ?? 0, sum(all.map((parts) => parts.size))];
  const most = sum(all.map(({ terms }) => terms.length));
  const total = sum(all.map(({ slots }) => slots.length));
  const [terms, starts] = [new Uint32Array(most), new Uint32Array(most + 1)];
  const [slots, counts] = [new Uint16Array(total), new Uint16Array(total)];
  /** The place of the next term in each segment. */
  const next = new Uint32Array(all.length);
  let [distinct, end] = [0, 0];
  const termOf = (number: number) => all[number]?.terms[next[number] ?? 0] ?? NONE;
  for (;;) {
    let term = NONE;
    for (let number = 0; number < all.length; number++) term = Math.min(term, termOf(number));
    if (term === NONE) break;
    terms[distinct] = term;
    starts[distinct++] = end;
    for (let number = 0; number < all.length; number++) {
      if (termOf(number) !== term) continue;
      const parts = all[number] as Segment["parts"];
      const place = next[number] ?? 0;
      next[number] = place + 1;
      const stop = parts.starts[place + 1] ?? 0;
      for (let at = parts.starts[place] ?? 0; at < stop; at++) {
        slots[end] = parts.from - from + (parts.slots[at] ?? 0);
        counts[end++] = parts.counts[at] ?? 0;
      }
    }
    yield;
  }
  starts[distinct] = end;
  return new Segment({
    from,
    size,
    terms: terms.slice(0, distinct),
    starts: starts.slice(0, distinct + 1),
    slots,
    counts,
  });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
