import { describe, expect, test } from "vitest";
import { readItem, readQuestion } from "../../src/evaluation/dataset.ts";
import { report } from "../../src/evaluation/report.ts";
import { type Answer, ask, ingest } from "../../src/evaluation/runner.ts";
import { openMemory, ValidationError } from "../../src/index.ts";

const undated = () => {};

describe("reading", () => {
  test("an item, with numbers for ids and dates as people write them", () => {
    const item = {
      id: 3,
      text: "Hello",
      speaker: "Ann",
      createdAt: "8 May 2023",
      sessionId: "s",
      image: "x",
    };
    expect(readItem(item, undated)).toEqual({
      id: "3",
      text: "Hello",
      speaker: "Ann",
      createdAt: "2023-05-08T00:00:00Z",
      sessionId: "s",
    });
    expect(readItem({ id: "a", text: "x", createdAt: null }, undated)).toMatchObject({
      speaker: null,
      createdAt: null,
    });
  });

  test("tells of a date that is none, and gives null for an item without text", () => {
    const told: unknown[] = [];
    expect(
      readItem({ id: "a", text: "x", createdAt: "some day" }, (value) => told.push(value)),
    ).toMatchObject({
      createdAt: null,
    });
    expect(told).toEqual(["some day"]);
    expect(readItem({ id: "a", text: " " }, undated)).toBeNull();
  });

  test("a question, its evidence as a set", () => {
    expect(readQuestion({ id: "q", question: "Who?", evidence: ["a", 2, "a"], category: 1 })).toEqual({
      id: "q",
      question: "Who?",
      evidence: new Set(["a", "2"]),
      category: "1",
    });
    expect(readQuestion({ id: "q", question: "Who?" })).toMatchObject({
      evidence: new Set(),
      category: null,
    });
  });

  test.each([
    [() => readItem("text", undated)],
    [() => readItem({ text: "no id" }, undated)],
    [() => readItem({ id: "a" }, undated)],
    [() => readQuestion({ id: "q", question: "x", evidence: "a" })],
    [() => readQuestion({ id: "q", evidence: ["a"] })],
    [() => readQuestion({ id: "q", question: "x", evidence: [null] })],
  ])("refuses what has not the form (%#)", (read) => {
    expect(read).toThrow(ValidationError);
  });
});

test("items are remembered as turns and found by default recall", async () => {
  await using memory = await openMemory("memory:");
  const items = Array.from({ length: 600 }, (_, number) => ({
    id: `i${number}`,
    text: number === 42 ? "The spare key is under the blue flowerpot" : `Note ${number} about the weather`,
    speaker: "Ann",
    createdAt: null,
    sessionId: "s",
  }));
  let elapsed = 0;
  const stopwatch = () => (elapsed += 5);
  const steps: number[] = [];
  expect(await ingest(memory, items, { stopwatch, onProgress: (done) => steps.push(done) })).toBe(5);
  expect(steps).toEqual([500, 100]);
  expect(await memory.get("i42")).toMatchObject({ type: "message", speaker: "Ann", sessionId: "s" });
  const question = {
    id: "q",
    question: "Where is the spare key?",
    evidence: new Set(["i42"]),
    category: null,
  };
  const [answer] = await ask(memory, [question], { stopwatch, limit: 5 });
  expect(answer).toMatchObject({ question, milliseconds: 5 });
  expect(answer?.ranked).toHaveLength(5);
  expect(answer?.ranked[0]).toBe("i42");
  const stopped = { stopwatch, limit: 5, signal: AbortSignal.abort(new Error("stop")) };
  await expect(ask(memory, [question], stopped)).rejects.toThrow("stop");
});

function answer(
  evidence: string[],
  ranked: string[],
  more: Partial<Answer> & { category?: string } = {},
): Answer {
  const question = { id: "q", question: "?", evidence: new Set(evidence), category: more.category ?? null };
  return { question, ranked, confidence: 0.5, milliseconds: 1, ...more };
}

describe("a report", () => {
  test("means over questions with evidence, overall and by category", () => {
    const { overall, categories, confidence, latency } = report(
      [
        answer(["a"], ["a", "b"], { category: "easy", milliseconds: 1 }),
        answer(["c", "d"], ["b", "c"], { category: "hard", milliseconds: 3 }),
        answer(["e"], [], { milliseconds: 2 }),
      ],
      20,
    );
    expect(overall).toMatchObject({
      questions: 3,
      "recall@1": 1 / 3,
      "recall@3": 0.5,
      "any@20": 2 / 3,
      mrr: 0.5,
    });
    expect(Object.keys(categories)).toEqual(["easy", "hard"]);
    expect(categories["hard"]).toMatchObject({ questions: 1, "recall@1": 0, "recall@3": 0.5, mrr: 0.5 });
    expect(confidence).toBeNull();
    expect(latency).toEqual({ p50: 2, p95: 3 });
  });

  test("leaves questions without evidence to the confidence", () => {
    const { overall, confidence } = report(
      [
        answer(["a"], ["a"], { confidence: 0.9 }),
        answer(["a"], ["b"], { confidence: 0.3 }),
        answer([], ["b"], { confidence: 0.3 }),
      ],
      5,
    );
    expect(overall).toMatchObject({ questions: 2, "recall@5": 0.5 });
    expect(confidence).toEqual({
      answerable: 2,
      unanswerable: 1,
      meanAnswerable: 0.6,
      meanUnanswerable: 0.3,
      rocArea: 0.75,
    });
  });

  test("measures no deeper than was asked", () => {
    const { overall } = report([answer(["a"], ["a"])], 5);
    expect(Object.keys(overall ?? {})).toEqual([
      "questions",
      ...["recall@1", "recall@3", "recall@5"],
      ...["any@1", "any@3", "any@5"],
      "mrr",
    ]);
  });

  test("of nothing says nothing", () => {
    expect(report([], 20)).toEqual({ overall: null, categories: {}, confidence: null, latency: null });
  });
});
