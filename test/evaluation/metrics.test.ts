import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  anyAt,
  mean,
  ndcgAt,
  percentile,
  recallAt,
  reciprocalRank,
  rocArea,
} from "../../src/evaluation/metrics.ts";

const id = fc.integer({ min: 0, max: 30 }).map(String);
const ranking = fc.array(id, { maxLength: 40 });
const relevant = fc.uniqueArray(id, { minLength: 1, maxLength: 12 }).map((ids) => new Set(ids));
const cutoff = fc.integer({ min: 1, max: 40 });
const scores = fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 1, maxLength: 30 });

describe("known values", () => {
  const ranked = ["x", "a", "y", "b", "z"];
  const gold = new Set(["a", "b", "c"]);

  test("of recall, any and reciprocal rank", () => {
    expect(recallAt(ranked, gold, 1)).toBe(0);
    expect(recallAt(ranked, gold, 2)).toBeCloseTo(1 / 3);
    expect(recallAt(ranked, gold, 5)).toBeCloseTo(2 / 3);
    expect([anyAt(ranked, gold, 1), anyAt(ranked, gold, 2)]).toEqual([0, 1]);
    expect(reciprocalRank(ranked, gold)).toBe(1 / 2);
    expect(reciprocalRank(["x"], gold)).toBe(0);
  });

  test("of NDCG: gains at ranks 2 and 4 over those at 1, 2 and 3", () => {
    const gained = 1 / Math.log2(3) + 1 / Math.log2(5);
    const best = 1 + 1 / Math.log2(3) + 1 / Math.log2(4);
    expect(ndcgAt(ranked, gold, 10)).toBeCloseTo(gained / best, 12);
  });

  test("of the area under the ROC curve", () => {
    expect(rocArea([0.9, 0.8], [0.1, 0.7])).toBe(1);
    expect(rocArea([0.1], [0.9])).toBe(0);
    expect(rocArea([0.5, 0.9], [0.5, 0.1])).toBe(3.5 / 4);
    expect(rocArea([], [1])).toBeNaN();
  });

  test("of percentiles and means", () => {
    expect([0.5, 0.95, 1, 0].map((share) => percentile([40, 10, 30, 20], share))).toEqual([20, 40, 40, 10]);
    expect(percentile([], 0.5)).toBeNaN();
    expect(mean([1, 2, 6])).toBe(3);
    expect(mean([])).toBeNaN();
  });
});

describe("properties", () => {
  test("measures lie between 0 and 1, and grow with the cutoff where they count what was found", () => {
    fc.assert(
      fc.property(ranking, relevant, cutoff, (ranked, gold, k) => {
        for (const value of [
          recallAt(ranked, gold, k),
          ndcgAt(ranked, gold, k),
          reciprocalRank(ranked, gold),
        ]) {
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(1 + 1e-12);
        }
        expect(recallAt(ranked, gold, k + 1)).toBeGreaterThanOrEqual(recallAt(ranked, gold, k));
        expect(anyAt(ranked, gold, k)).toBe(recallAt(ranked, gold, k) > 0 ? 1 : 0);
      }),
    );
  });

  test("all relevant ids first is perfect, none of them is nothing", () => {
    fc.assert(
      fc.property(relevant, ranking, (gold, tail) => {
        const perfect = [...gold, ...tail];
        expect(recallAt(perfect, gold, gold.size)).toBe(1);
        expect(ndcgAt(perfect, gold, 10)).toBeCloseTo(1, 12);
        expect(reciprocalRank(perfect, gold)).toBe(1);
        const none = tail.filter((entry) => !gold.has(entry));
        expect([recallAt(none, gold, 40), ndcgAt(none, gold, 40), reciprocalRank(none, gold)]).toEqual([
          0, 0, 0,
        ]);
      }),
    );
  });

  test("repetitions in a ranking change nothing", () => {
    fc.assert(
      fc.property(ranking, relevant, cutoff, (ranked, gold, k) => {
        const repeated = ranked.flatMap((entry) => [entry, ...ranked.slice(0, ranked.indexOf(entry) + 1)]);
        expect(recallAt(repeated, gold, k)).toBe(recallAt(ranked, gold, k));
        expect(ndcgAt(repeated, gold, k)).toBe(ndcgAt(ranked, gold, k));
        expect(reciprocalRank(repeated, gold)).toBe(reciprocalRank(ranked, gold));
      }),
    );
  });

  test("moving a relevant id up never makes a ranking worse", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(id, { minLength: 2, maxLength: 20 }),
        relevant,
        fc.nat(),
        (ranked, gold, seed) => {
          const place = 1 + (seed % (ranked.length - 1));
          const [upper, lower] = [ranked[place - 1] as string, ranked[place] as string];
          fc.pre(gold.has(lower) && !gold.has(upper));
          const better = ranked.with(place - 1, lower).with(place, upper);
          expect(ndcgAt(better, gold, 10)).toBeGreaterThanOrEqual(ndcgAt(ranked, gold, 10) - 1e-12);
          expect(reciprocalRank(better, gold)).toBeGreaterThanOrEqual(reciprocalRank(ranked, gold));
        },
      ),
    );
  });

  test("the ROC area is the share of pairs in order, ties half, and mirrors when the sides change", () => {
    fc.assert(
      fc.property(scores, scores, (positives, negatives) => {
        const pairs = positives.flatMap((high) =>
          negatives.map((low) => (high > low ? 1 : high === low ? 0.5 : 0)),
        );
        expect(rocArea(positives, negatives)).toBeCloseTo(mean(pairs), 12);
        expect(rocArea(negatives, positives)).toBeCloseTo(1 - mean(pairs), 12);
      }),
    );
  });

  test("a percentile is one of the values, with as many of them at or below it as it says", () => {
    fc.assert(
      fc.property(scores, fc.double({ min: 0, max: 1, noNaN: true }), (values, share) => {
        const found = percentile(values, share);
        expect(values).toContain(found);
        expect(values.filter((value) => value <= found).length / values.length).toBeGreaterThanOrEqual(
          share - 1e-12,
        );
      }),
    );
  });
});
