import { describe, expect, test } from "vitest";
import type { Embedder } from "../../src/core/embedder.ts";
import type { Reranker } from "../../src/core/reranker.ts";
import { createLateInteraction } from "../../src/embedders/late-interaction.ts";
import { createReranker } from "../../src/embedders/named.ts";
import { createStaticEmbedder } from "../../src/embedders/static.ts";
import { openMemory } from "../../src/open.ts";

const TEXTS = ["tea with milk", "tea with sugar", "tea with lemon"];

async function order(reranker: Reranker, options: { offset?: number; limit?: number } = {}) {
  await using memory = await openMemory({ store: "memory:", reranker });
  await memory.add(TEXTS);
  const { hits } = await memory.search("tea", { explain: true, ...options });
  return hits;
}

/** Likes texts by the score given for them. */
function liking(scores: Readonly<Record<string, number | null>>): Reranker {
  return { name: "liking", rerank: async (_, texts) => texts.map((text) => scores[text] ?? null) };
}

describe("a reranker", () => {
  test("moves hits, is explained, and keeps scores in order", async () => {
    const hits = await order(liking({ "tea with lemon": 7, "tea with sugar": -2, "tea with milk": 3 }));
    expect(hits.map(({ text }) => text)).toEqual(["tea with lemon", "tea with milk", "tea with sugar"]);
    const parts = hits.map(({ explanation }) => explanation?.parts["reranker"] ?? -1);
    expect(parts[0]).toBeCloseTo(0.3, 9);
    expect(parts[1]).toBeCloseTo((0.3 * 5) / 9, 9);
    expect(parts[2]).toBe(0);
    const scores = hits.map(({ score }) => score);
    expect(scores).toEqual([...scores].sort((left, right) => right - left));
  });

  test("takes over half of what meaning gives, and lifts the session of what it likes", async () => {
    const drafts = [
      { text: "tea with milk", sessionId: "monday" },
      { text: "a kettle", sessionId: "monday" },
      { text: "tea with lemon", sessionId: "friday" },
      { text: "a cup", sessionId: "friday" },
    ];
    const found = async (reranker?: Reranker) => {
      await using memory = await openMemory({ store: "memory:", ...(reranker && { reranker }) });
      await memory.add(drafts);
      const { hits } = await memory.search("tea", { explain: true });
      return (text: string, part: string) =>
        hits.find((hit) => hit.text === text)?.explanation?.parts[part] ?? Number.NaN;
    };
    const before = await found();
    const after = await found(liking({ "tea with lemon": 1, "tea with milk": 0 }));
    for (const { text } of drafts) expect(after(text, "meaning")).toBeCloseTo(before(text, "meaning") / 2, 9);
    expect(after("a cup", "session")).toBe(after("tea with lemon", "session"));
    expect(after("a cup", "session")).toBeGreaterThan(after("a kettle", "session"));
  });

  test("makes it surer that the one who was named said it", async () => {
    const texts = { carol: "I painted the fence", dave: "We painted the fence" };
    const sure = async (reranker: Reranker) => {
      await using memory = await openMemory({ store: "memory:", reranker });
      await memory.add([
        { text: texts.carol, speaker: "Carol" },
        { text: texts.dave, speaker: "Dave" },
      ]);
      return (await memory.search("What did Carol paint?")).confidence;
    };
    const [hers, his] = [
      liking({ [texts.carol]: 1, [texts.dave]: 0 }),
      liking({ [texts.carol]: 0, [texts.dave]: 1 }),
    ];
    expect(await sure(hers)).toBeGreaterThan(await sure(his));
  });

  test("is asked without the names of speakers, and only in languages it knows", async () => {
    const asked: string[] = [];
    const reranker: Reranker = {
      name: "listening",
      languages: ["en"],
      rerank: async (question, texts) => {
        asked.push(question);
        return texts.map((_, index) => index);
      },
    };
    await using memory = await openMemory({ store: "memory:", reranker });
    await memory.add([
      { text: "I like tea", speaker: "Carol" },
      { text: "I like coffee", speaker: "Dave" },
    ]);
    for (const question of ["What does Carol drink?", "她喜欢喝什么？", "coffee"])
      await memory.search(question);
    expect(asked.map((question) => question.replace(/\s+/g, " "))).toEqual(["What does drink?", "coffee"]);
  });

  test("gives the same order in pages", async () => {
    const reranker = liking({ "tea with lemon": 2, "tea with sugar": 1 });
    const pages = [];
    for (let offset = 0; offset < 3; offset++) pages.push(...(await order(reranker, { offset, limit: 1 })));
    expect(pages.map(({ text }) => text)).toEqual((await order(reranker)).map(({ text }) => text));
  });

  test.each([
    ["finds all alike", liking({ "tea with milk": 1, "tea with sugar": 1, "tea with lemon": 1 })],
    ["can judge none", liking({})],
  ])("that %s changes nothing", async (_, reranker) => {
    const hits = await order(reranker);
    expect(hits.every(({ explanation }) => explanation?.parts["reranker"] === undefined)).toBe(true);
    expect(hits).toHaveLength(3);
  });

  test("that fails fails the search", async () => {
    const reranker: Reranker = { name: "broken", rerank: () => Promise.reject(new Error("no")) };
    await expect(order(reranker)).rejects.toThrow("no");
  });

  test("is asked only in hybrid mode", async () => {
    const reranker: Reranker = { name: "broken", rerank: () => Promise.reject(new Error("no")) };
    await using memory = await openMemory({ store: "memory:", reranker });
    await memory.add(TEXTS);
    for (const mode of ["semantic", "keyword"] as const)
      expect((await memory.search("tea", { mode })).hits).toHaveLength(3);
  });
});

describe("late interaction", () => {
  const letters = "abcd";
  let embedded: string[] = [];
  /** A unit vector for each letter: letters are alike only when they are the same. */
  const byLetter: Embedder = {
    id: "letters-4",
    dimensions: 4,
    local: true,
    embed: async (texts) => texts.map(() => new Float32Array(4)),
    async embedTokens(texts) {
      embedded.push(...texts);
      return texts.map((text) => {
        const data = new Float32Array(4 * text.length);
        [...text].forEach((letter, at) => {
          data[4 * at + letters.indexOf(letter)] = 1;
        });
        return { tokens: text.length, data };
      });
    },
  };

  test("counts the tokens of the question that the text has, and embeds a text once", async () => {
    embedded = [];
    const reranker = createLateInteraction(byLetter);
    expect(await reranker.rerank("abcc", ["ab", "c", "dddd", "", "cba"])).toEqual([0.5, 0.5, 0, null, 1]);
    expect(await reranker.rerank("a", ["ab", "cba"])).toEqual([1, 1]);
    expect(embedded).toEqual(["abcc", "ab", "c", "dddd", "", "cba", "a"]);
  });

  test("keeps the tokens of the texts seen last, and not of more and more", async () => {
    const long = (letter: string) => letter.repeat(25_000);
    const reranker = createLateInteraction(byLetter);
    await reranker.rerank("d", [long("a"), long("b")]);
    embedded = [];
    await reranker.rerank("d", [long("b"), long("a")]);
    expect(embedded).toEqual([]);
    await reranker.rerank("d", [long("c"), long("a"), long("b")]);
    expect(embedded.map(([letter]) => letter)).toEqual(["c", "b"]);
  });

  test("knows the languages of its embedder", () => {
    expect(createLateInteraction({ ...byLetter, languages: ["en"] }).languages).toEqual(["en"]);
    expect(createLateInteraction(byLetter).languages).toBeUndefined();
  });

  test("refuses what it cannot work with", async () => {
    const table = await createStaticEmbedder();
    expect(() => createLateInteraction(table)).toThrow(/token vectors/);
    await expect(createReranker("magic" as never, table)).rejects.toMatchObject({ code: "invalid_input" });
  });
});
