import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { recencyRank } from "../../src/recall/recency.ts";
import { at, START } from "../../src/testing/build.ts";

const DAY = 86_400;
const options = {
  semanticWeight: 0.8,
  recencyWeight: 0.2,
  freshnessWeight: 0.6,
  noveltyWeight: 0.4,
  halfLifeLastAccessDays: 7,
  halfLifeCreatedDays: 30,
};

describe("recency", () => {
  test("halves with each half-life", () => {
    const record = { createdAt: at(-60 * DAY), lastAccessedAt: at(-7 * DAY) };
    expect(recencyRank(0.5, record, START, options)).toBeCloseTo(0.8 * 0.5 + 0.2 * (0.6 / 2 + 0.4 / 4), 9);
  });

  test("a weight of 0 counts as 0", () => {
    const record = { createdAt: START, lastAccessedAt: START };
    expect(recencyRank(0.7, record, START, { ...options, semanticWeight: 0 })).toBeCloseTo(0.2, 9);
    expect(recencyRank(0.7, record, START, { ...options, recencyWeight: 0 })).toBeCloseTo(0.56, 9);
  });

  test("a time to come is as good as now, and half-lives of nothing are no error", () => {
    const record = { createdAt: at(DAY), lastAccessedAt: at(DAY) };
    expect(recencyRank(1, record, START, options)).toBeCloseTo(1, 9);
    const old = { createdAt: at(-DAY), lastAccessedAt: at(-DAY) };
    const instant = { ...options, halfLifeCreatedDays: 0, halfLifeLastAccessDays: 0 };
    expect(recencyRank(1, old, START, instant)).toBeCloseTo(0.8, 9);
  });

  test("the more recent of two equals is never behind", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 900 }), fc.integer({ min: 0, max: 900 }), (one, more) => {
        const record = (days: number) => ({ createdAt: at(-days * DAY), lastAccessedAt: at(-days * DAY) });
        const newer = recencyRank(0.5, record(one), START, options);
        expect(newer).toBeGreaterThanOrEqual(recencyRank(0.5, record(one + more), START, options));
      }),
    );
  });
});
