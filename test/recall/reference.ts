import { matches } from "../../src/core/filter/evaluate.ts";
import type { FilterNode } from "../../src/core/filter/filter.ts";
import { compareInstants } from "../../src/core/time.ts";
import { dot } from "../../src/core/vector.ts";
import type { NewRecord } from "../../src/testing/build.ts";

/** A record as the reference sees it. */
export interface Known {
  readonly record: NewRecord;
  readonly terms: readonly string[];
  readonly vector: Float32Array | null;
}

export interface Expected {
  readonly id: string;
  readonly cosine: number;
  readonly words: number;
}

/**
 * What an index must give for a query, worked out from the definitions as plainly as possible: only the records that the
 * filter leaves exist, and everything is counted anew. Sessions are told apart by namespace, user and session id.
 *
 * @param known in the order in which they were first stored
 */
export function expectedCandidates(
  known: readonly Known[],
  filter: FilterNode,
  query: { vector: Float32Array; terms: readonly string[]; context: boolean },
): Expected[] {
  const left = known.filter(({ record }) => matches({ ...record, version: 1 }, filter));
  const bags = left.map((item) => bagOf(item, query.context ? neighbours(item, left) : []));
  const meanLength = bags.reduce((sum, bag) => sum + total(bag), 0) / bags.length || 1;
  const idf = (having: number) => Math.log(1 + (left.length - having + 0.5) / (having + 0.5));
  const saturated = (count: number, length: number) =>
    (count * 2.2) / (count + 1.2 * (0.25 + (0.75 * length) / meanLength));

  return left.map((item, index) => {
    const bag = bags[index] ?? new Map();
    let words = 0;
    for (const term of new Set(query.terms)) {
      const having = left.filter(({ terms }) => terms.includes(term)).length;
      if (having > 0) words += idf(having) * saturated(bag.get(term) ?? 0, total(bag));
    }
    for (let at = 1; at < query.terms.length; at++) {
      const pair = [query.terms[at - 1], query.terms[at]] as const;
      const having = left.filter(({ terms }) => pairs(terms, pair) > 0).length;
      if (having > 0) words += 0.3 * idf(having) * saturated(pairs(item.terms, pair), total(bag));
    }
    return { id: item.record.id, cosine: item.vector ? dot(item.vector, query.vector) : 0, words };
  });
}

/** The neighbours in the session with their weights, damped by the length of the record itself. */
function neighbours(item: Known, left: readonly Known[]): (readonly [Known, number])[] {
  const { namespace, userId, sessionId } = item.record;
  if (sessionId === null) return [];
  const session = left
    .filter(
      ({ record }) =>
        record.sessionId === sessionId && record.userId === userId && record.namespace === namespace,
    )
    // The sort is stable: ties stay in the order of storing.
    .sort((a, b) => compareInstants(a.record.createdAt, b.record.createdAt));
  const place = session.indexOf(item);
  const damping = 1 / (1 + item.terms.length / 30);
  const weighted: [number, number][] = [
    [-1, 2],
    [-2, 0.6],
    [1, 0.5],
  ];
  return weighted.flatMap(([offset, weight]) => {
    const other = session[place + offset];
    return other ? [[other, weight * damping] as const] : [];
  });
}

function bagOf(item: Known, around: readonly (readonly [Known, number])[]): Map<string, number> {
  const bag = new Map<string, number>();
  for (const [{ terms }, weight] of [[item, 1] as const, ...around]) {
    for (const term of terms) bag.set(term, (bag.get(term) ?? 0) + weight);
  }
  return bag;
}

function total(bag: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const count of bag.values()) sum += count;
  return sum;
}

function pairs(terms: readonly string[], [first, second]: readonly [string | undefined, string | undefined]) {
  return terms.filter((term, at) => term === second && at > 0 && terms[at - 1] === first).length;
}
