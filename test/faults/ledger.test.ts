import { expect, test } from "vitest";
import { noWrites, tally } from "./ledger.ts";

test("a tally tells what was lost and what was doubled", () => {
  const acknowledged = { ...noWrites(), records: ["a", "b"], messages: ["a"], pushes: ["a"] };
  const found = { ...noWrites(), records: ["b", "c", "c"], messages: ["a"], pushes: ["a", "a"] };
  expect(tally(acknowledged, found)).toEqual({ acknowledged: 4, found: 6, lost: 1, doubled: 2 });
});

test.each([
  [2, { lost: 1, doubled: 0 }],
  [3, { lost: 0, doubled: 0 }],
  [4, { lost: 0, doubled: 0 }],
  [5, { lost: 0, doubled: 1 }],
])("of three increments and one without an answer, a sum of %d means so much", (increments, verdict) => {
  const acknowledged = { ...noWrites(), increments: 3 };
  expect(tally(acknowledged, { ...noWrites(), increments }, 1)).toMatchObject(verdict);
});
