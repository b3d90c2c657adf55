import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { jsonLines, memoir, temporaryFolder, writeLines } from "./memoir.ts";

const ITEMS = [
  {
    id: "1",
    text: "My sister Nora moved to Lisbon",
    speaker: "Ann",
    createdAt: "1:56 pm on 8 May, 2023",
    sessionId: "s1",
  },
  {
    id: "2",
    text: "I planted tomatoes on the balcony",
    speaker: "Ben",
    createdAt: "May-09-2023",
    sessionId: "s1",
  },
  { id: "3", text: "The car needs new tyres", speaker: "Ann", createdAt: null },
  { id: "4", text: "Our cat is called Biscuit", createdAt: "2999-01-01T00:00:00Z" },
];
const QUESTIONS = [
  { id: "q1", question: "Where does Nora live?", evidence: ["1"], category: "people" },
  { id: "q2", question: "What grows on the balcony?", evidence: ["2"], category: "things" },
  { id: "q3", question: "What is the cat's name?", evidence: ["4"], category: "things" },
  { id: "q4", question: "What did the president say about quantum physics?" },
];

describe("eval", () => {
  test("measures recall on files and writes the rankings", async () => {
    const folder = temporaryFolder();
    const items = writeLines(folder, "items.jsonl", ITEMS);
    const questions = writeLines(folder, "questions.jsonl", QUESTIONS);
    const rankings = join(folder, "rankings.jsonl");
    const args = ["eval", "--items", items, "--questions", questions, "--rankings", rankings];
    const { code, stdout, stderr } = await memoir([...args, "--json"], { cwd: folder });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const summary = JSON.parse(stdout);
    expect(summary).toMatchObject({
      embedder: "static-256",
      topK: 20,
      items: 4,
      questions: 4,
      overall: { questions: 3, "recall@20": 1, "any@20": 1 },
      categories: { people: { questions: 1 }, things: { questions: 2 } },
      confidence: { answerable: 3, unanswerable: 1 },
      warnings: [],
    });
    expect(summary.itemsPerSecond).toBeGreaterThan(0);
    expect(summary.latency.p95).toBeGreaterThanOrEqual(summary.latency.p50);
    expect(existsSync(join(folder, ".memoir"))).toBe(false);
    const lines = jsonLines(readFileSync(rankings, "utf8")) as { qid: string; ranked: string[] }[];
    expect(lines.map(({ qid }) => qid)).toEqual(["q1", "q2", "q3", "q4"]);
    expect(lines[0]?.ranked[0]).toBe("1");
    const table = await memoir(args, { cwd: folder });
    expect(table.stdout).toMatch(/^overall +3 /m);
    expect(table.stdout).toContain("ROC area");
  });

  test("takes several pairs, each in a memory of its own, and the same ids in each", async () => {
    const folder = temporaryFolder();
    const one = writeLines(folder, "one.jsonl", [{ id: "x", text: "Apples are red" }]);
    const two = writeLines(folder, "two.jsonl", [{ id: "x", text: "Bananas are yellow" }]);
    const ask = writeLines(folder, "ask.jsonl", [{ id: "q", question: "What is red?", evidence: ["x"] }]);
    const { stdout } = await memoir(
      ["eval", "--items", one, two, "--questions", ask, ask, "--top-k", "3", "--json"],
      { cwd: folder },
    );
    expect(JSON.parse(stdout)).toMatchObject({
      items: 2,
      questions: 2,
      overall: { questions: 2, "recall@3": 1 },
    });
    expect(Object.keys(JSON.parse(stdout).overall)).not.toContain("recall@5");
  });

  test("counts what is odd in the files, and refuses what is damaged", async () => {
    const folder = temporaryFolder();
    const items = writeLines(folder, "items.jsonl", [
      { id: "1", text: "one", createdAt: "some day" },
      { id: "2", text: "two", createdAt: "another day" },
      { id: "3", text: "" },
    ]);
    const questions = writeLines(folder, "questions.jsonl", [
      { id: "q", question: "one?", evidence: ["1", "nope"] },
    ]);
    const odd = await memoir(["eval", "--items", items, "--questions", questions, "--json"]);
    expect(JSON.parse(odd.stdout).warnings).toEqual([
      "2 items have a createdAt that names no instant",
      "1 items have no text and were left out",
      "1 ids of evidence are of no item",
    ]);
    const told = await memoir(["eval", "--items", items, "--questions", questions]);
    expect(told.stderr.match(/^Warning: /gm)).toHaveLength(3);
    const twice = writeLines(folder, "twice.jsonl", [
      { id: "1", text: "one" },
      { id: "1", text: "two" },
    ]);
    const damaged = await memoir(["eval", "--items", twice, "--questions", questions]);
    expect(damaged.code).toBe(2);
    expect(damaged.stderr).toContain("twice.jsonl, line 2");
    const broken = writeLines(folder, "broken.jsonl", ["{"]);
    expect((await memoir(["eval", "--items", items, "--questions", broken])).code).toBe(2);
    expect((await memoir(["eval", "--items", items, items, "--questions", questions])).code).toBe(2);
    expect((await memoir(["eval", "--items", items])).code).toBe(2);
    const topK = ["--top-k", "0"];
    expect((await memoir(["eval", "--items", items, "--questions", questions, ...topK])).code).toBe(2);
  });

  test("measures another embedder when asked", async () => {
    const folder = temporaryFolder();
    const items = writeLines(folder, "items.jsonl", ITEMS);
    const questions = writeLines(folder, "questions.jsonl", QUESTIONS);
    const { code, stdout } = await memoir(
      ["eval", "--items", items, "--questions", questions, "--embedder", "minilm", "--json"],
      { cwd: folder },
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      embedder: expect.stringContaining("minilm"),
      overall: { "recall@20": 1 },
    });
  });
});
