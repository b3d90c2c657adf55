import fc from "fast-check";
import { countTokens as reference } from "gpt-tokenizer/encoding/cl100k_base";
import { describe, expect, test } from "vitest";
import { loadTokenCounter } from "../../src/core/tokens.ts";

const countTokens = await loadTokenCounter();

describe("counting cl100k_base tokens", () => {
  // Known from OpenAI's own tokenizer.
  test.each([
    ["", 0],
    ["hello world", 2],
    ["tiktoken is great!", 6],
    ["antidisestablishmentarianism", 6],
    ["2 + 2 = 4", 7],
    ["お誕生日おめでとう", 9],
  ])("%j has %i", (text, count) => {
    expect(countTokens(text)).toBe(count);
  });

  test("takes the names of special tokens as ordinary text", () => {
    expect(countTokens("<|endoftext|>")).toBe(7);
    expect(countTokens("before <|im_start|>after")).toBeGreaterThan(5);
  });

  test("agrees with the whole tokenizer on any text of ordinary words", () => {
    const word = fc.string({ unit: "grapheme", maxLength: 40 });
    fc.assert(
      fc.property(fc.array(word, { maxLength: 60 }), fc.constantFrom(" ", "\n", ", ", "  "), (words, gap) => {
        const text = words.join(gap);
        expect(countTokens(text)).toBe(reference(text, { disallowedSpecial: new Set() }));
      }),
    );
  });

  test.each(["\0", "\ud800", "\udc00 tail", "head \ud83d", "\ufeff", "👩‍👩‍👧‍👦", "\u202e", "\r\n\t"])(
    "reads %j",
    (text) => {
      expect(countTokens(text)).toBeGreaterThan(0);
    },
  );

  test("an unbroken run costs about the same per letter however long it is", () => {
    expect(countTokens("a".repeat(1_000_000))).toBe(125_000);
    expect(countTokens(`${" ".repeat(1_000_000)}end`)).toBeLessThan(8_000);
    expect(countTokens("🙂".repeat(100_000))).toBe(2 * 100_000);
  });

  test("cutting a long run moves the count by at most two tokens per cut", () => {
    const letter = fc.constantFrom(..."abcdefghijklmnopqrstuvwxyzäßé");
    const run = fc.string({ unit: letter, minLength: 300, maxLength: 1_500 });
    fc.assert(
      fc.property(run, (text) => {
        const cuts = Math.floor(text.length / 256);
        expect(Math.abs(countTokens(text) - reference(text))).toBeLessThanOrEqual(2 * cuts);
      }),
      { numRuns: 50 },
    );
  });

  test("is loaded once", () => {
    expect(loadTokenCounter()).toBe(loadTokenCounter());
  });
});
