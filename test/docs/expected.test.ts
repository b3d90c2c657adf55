import { describe, expect, test } from "vitest";
import { printedAsShown, sameJson } from "./expected.ts";

describe("printed text", () => {
  test.each([
    ["a\nb\n", "a\nb", true],
    ["a\nb\n", "a", false],
    ["score 0.71 text\n", "score … text", true],
    ["score 0.71\ntext\n", "score … text", false],
    ["a\nb\nc\n", "a\n…\nc", true],
    ["a\nc\n", "a\n…\nc", true],
    ["a+b\n", "a+b", true],
    ["aab\n", "a+b", false],
  ])("%j shown as %j: %s", (printed, shown, same) => expect(printedAsShown(printed, shown)).toBe(same));
});

describe("printed JSON", () => {
  test.each([
    [{ a: 1, b: [2] }, { b: [2], a: 1 }, true],
    [{ a: 1 }, { a: "…" }, true],
    [{ a: 1, b: 2 }, { a: 1 }, false],
    [{ a: 1, b: 2 }, { a: 1, "…": "…" }, true],
    [{ b: 2 }, { a: 1, "…": "…" }, false],
    [[1, 2], [1, "…"], true],
    [[1, 2], [1], false],
    [null, {}, false],
  ])("%j shown as %j: %s", (printed, shown, same) => expect(sameJson(printed, shown)).toBe(same));
});
