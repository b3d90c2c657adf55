import { describe, expect, test } from "vitest";
import { dateInWords, nearness, spansIn } from "../../src/recall/dates.ts";
import { namesIn, readQuestion } from "../../src/recall/question.ts";

const NOW = "2026-05-20T12:00:00Z";
const day = (text: string) => Date.parse(`${text}T00:00:00Z`);

describe("a question", () => {
  test.each([
    ["When did Ada move?", { asksWhen: true, aboutAsker: false }],
    ["What day is the dentist?", { asksWhen: true, aboutAsker: false }],
    ["Where did I park?", { asksWhen: false, aboutAsker: true }],
    ["What did you recommend to me?", { asksWhen: false, aboutAsker: false }],
  ])("%j shows who and what it asks for", async (text, hints) => {
    expect(await readQuestion(text, NOW)).toMatchObject(hints);
  });
});

describe("several questions in one text", () => {
  test.each([
    ["Where is Ada?", []],
    ["Where is Ada? Who knows Ben", [["ada"], ["know", "ben"]]],
    ["小区叫什么？表哥呢？", [expect.arrayContaining(["小区"]), expect.arrayContaining(["表哥"])]],
    ["? ! ?", []],
    ["Ada? Ben? Cleo? Dora? Emil? Fred?", []],
  ])("are told apart in %j", async (text, parts) => {
    expect((await readQuestion(text, NOW)).parts).toEqual(parts);
  });
});

describe("names", () => {
  const speakers = ["Ann", "Joanna", "user", "李雷", "Zoë"];

  test.each([
    ["What does Ann like?", ["Ann"], "What does   like?"],
    ["Where is ANN's car?", ["Ann"], "Where is   car?"],
    ["Joanna or zoe?", ["Joanna", "Zoë"], "or zoe?"],
    ["Which user is an annual one?", [], "Which user is an annual one?"],
    ["李雷喜欢什么", ["李雷"], "喜欢什么"],
  ])("in %j", (text, named, rest) => {
    expect(namesIn(text, speakers)).toEqual({ named, rest });
  });

  test("of any characters are taken literally", () => {
    expect(namesIn("Is a.b (x)[ here?", ["a.b", "(x)[", "axb"]).named).toEqual(["a.b", "(x)["]);
  });
});

describe("times in a question", () => {
  test.each([
    ["the dinner on May 3, 2023", [{ from: day("2023-05-03"), to: day("2023-05-04"), everyYear: false }]],
    ["what happened in June 2023", [{ from: day("2023-06-01"), to: day("2023-07-01"), everyYear: false }]],
    ["what did we say yesterday", [{ from: day("2026-05-19"), to: day("2026-05-20"), everyYear: false }]],
    ["from 3 May 2023 to 7 May 2023", [{ from: day("2023-05-03"), to: day("2023-05-08"), everyYear: false }]],
    ["at 12:30", []],
    ["where does she sit?", []],
    ["5 times or 300", []],
  ])("%j", async (text, spans) => {
    expect(await spansIn(text, NOW)).toEqual(spans);
  });

  test("without a year mean any year", async () => {
    const spans = await spansIn("the trip in August", NOW);
    expect(spans).toMatchObject([{ everyYear: true }]);
    expect([2019, 2025, 2031].map((year) => nearness(day(`${year}-08-15`), spans))).toEqual([1, 1, 1]);
    expect(nearness(day("2025-12-15"), spans)).toBeLessThan(0.01);
  });

  test("fade with the days, before faster than after", () => {
    const spans = [{ from: day("2023-05-03"), to: day("2023-05-04"), everyYear: false }];
    const values = ["2023-05-03", "2023-05-06", "2023-04-29", "2023-05-20"].map((at) =>
      nearness(day(at), spans),
    );
    expect(values).toEqual([...values].sort((left, right) => right - left));
    expect(nearness(day("2023-05-06"), spans)).toBeGreaterThan(nearness(day("2023-05-01"), spans));
    expect(nearness(day("2023-05-03"), [])).toBe(0);
  });

  test("are written as people write them", () => {
    expect(dateInWords(day("2023-05-08"))).toBe("8 May 2023");
  });
});
