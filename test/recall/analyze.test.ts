import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { analyze, fold } from "../../src/recall/analyze.ts";
import { arbitraryText } from "../../src/testing/arbitraries.ts";
import { ODD_TEXTS } from "../../src/testing/odd-text.ts";

describe("words", () => {
  test.each([
    ["their inflections meet", "Painted paintings", ["paint", "paint"]],
    ["function words say nothing", "What did she do to the cat?", ["cat"]],
    ["case and accents do not matter", "CAFÉ ÉTÉ Ζωή", ["cafe", "ete", "ζωη"]],
    ["compatibility forms are the same", "ﬁne １２３", ["fine", "123"]],
    ["a possessive is the name", "Maria's James’s", ["maria", "jame"]],
    ["an apostrophe joins", "o'clock l’amour", ["oclock", "lamour"]],
    [
      "punctuation separates",
      "user_name@example.org/2024-05",
      ["user", "name", "exampl", "org", "2024", "05"],
    ],
    ["emoji are words", "party 🎂!", ["parti", "🎂"]],
  ])("%s", (_, text, terms) => {
    expect(analyze(text)).toEqual(terms);
  });

  test("scripts without spaces give characters and neighbours", () => {
    expect(analyze("会议在北京 B2")).toEqual(
      ["会", "会议", "议", "议在", "在北", "北", "北京", "京", "b2"].sort(byPlaceIn("会议在北京 B2")),
    );
    expect(analyze("ผู้ชาย")).toContain("ผู้ช");
  });

  test("a Chinese particle is no term by itself", () => {
    expect(analyze("我的书")).toEqual(["我的", "的书", "书"]);
    expect(analyze("的")).toEqual([]);
  });

  test("what the reader sees as one text gives one list of terms", () => {
    fc.assert(
      fc.property(arbitraryText(), (text) => {
        expect(analyze(text.normalize("NFD"))).toEqual(analyze(text.normalize("NFC")));
      }),
    );
  });

  test("terms can be written with spaces between them", () => {
    fc.assert(
      fc.property(arbitraryText(), (text) => {
        const terms = analyze(text);
        expect(terms.filter((term) => term === "" || /\s/u.test(term))).toEqual([]);
        expect(terms.join(" ").split(" ")).toEqual(terms.length === 0 ? [""] : terms);
      }),
    );
  });

  test("terms of two texts are the terms of both, written apart", () => {
    fc.assert(
      fc.property(arbitraryText(), arbitraryText(), (left, right) => {
        expect(analyze(`${left}\n\n${right}`)).toEqual([...analyze(left), ...analyze(right)]);
      }),
    );
  });

  test.each(ODD_TEXTS.map((text) => [text.slice(0, 30), text] as const))("%j is read", (_, text) => {
    expect(analyze(text).every((term) => [...term].length <= 64)).toBe(true);
    expect(fold(fold(text))).toBe(fold(text));
  });

  test("a run without end is one short term", () => {
    expect(analyze("x".repeat(100_000))).toEqual(["x".repeat(64)]);
  });
});

/** Orders characters and pairs as they end in the text: a pair before its second character. */
function byPlaceIn(text: string) {
  const end = (term: string) => text.toLowerCase().indexOf(term) + term.length;
  return (left: string, right: string) => end(left) - end(right) || right.length - left.length;
}
