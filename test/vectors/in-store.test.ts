import { describe, expect, test } from "vitest";
import { UnsupportedError } from "../../src/core/errors.ts";
import type { Store } from "../../src/core/store.ts";
import { createStaticEmbedder } from "../../src/embedders/static.ts";
import { type IndexPlace, type Memory, openMemory } from "../../src/index.ts";
import { createPlacedIndex } from "../../src/index-place.ts";
import { createLocalRecall } from "../../src/local-recall.ts";
import { createIndexer } from "../../src/recall/indexer.ts";
import { createBacking, createMemoryStore } from "../../src/stores/memory/index.ts";
import { createMemoryVectorIndex } from "../../src/vectors/memory/index.ts";
import { agreement, fillWithTalk, QUESTIONS } from "./agreement.ts";
import { findingStore } from "./plain-candidates.ts";

const RECORDS = 3_000;

describe("a store that finds candidates by itself", () => {
  test("gives nearly the same hits as an index in the process, and every planted record", async () => {
    const backing = createBacking();
    await using local = await openMemory({ store: createMemoryStore(backing), index: "process" });
    await fillWithTalk(local, RECORDS);
    await using found = await openMemory({ store: findingStore(createMemoryStore(backing)), index: "store" });
    const { overlap, planted } = await agreement(local, found);
    expect(planted).toBe(QUESTIONS.length);
    expect(overlap).toBeGreaterThan(0.85);
  });

  test("gives a small scope exactly as an index in the process does", async () => {
    const backing = createBacking();
    await using local = await openMemory({ store: createMemoryStore(backing) });
    await fillWithTalk(local, 300);
    await using found = await openMemory({ store: findingStore(createMemoryStore(backing)), index: "store" });
    for (const { question } of QUESTIONS) {
      const options = { limit: 50, explain: true };
      expect(await found.search(question, options)).toEqual(await local.search(question, options));
    }
  });

  test("gives every record to who reads on, each once", async () => {
    const backing = createBacking();
    await using found = await openMemory({
      store: findingStore(createMemoryStore(backing), 0),
      index: "store",
    });
    await fillWithTalk(found, 700);
    const ids: string[] = [];
    for (let offset: number | null = 0; offset !== null; ) {
      const page: Awaited<ReturnType<Memory["search"]>> = await found.search("what about tea?", {
        limit: 200,
        offset,
      });
      expect(page.total).toBe(700);
      ids.push(...page.hits.map(({ id }) => id));
      offset = page.nextOffset;
    }
    expect(new Set(ids).size).toBe(700);
    expect(ids).toHaveLength(700);
  });
});

describe("where records are looked for", () => {
  const finding = (vectors: string[]): Store => ({
    ...createMemoryStore(),
    async openIndex(space) {
      vectors.push(space.embedder);
      return { finds: "meaning", vectors: createMemoryVectorIndex(space) };
    },
  });

  test("a store may find by meaning alone", async () => {
    const asked: string[] = [];
    await using memory = await openMemory({ store: finding(asked), index: "store" });
    await memory.add("Prefers aisle seats");
    expect((await memory.search("where does she like to sit?")).hits).toHaveLength(1);
    expect(asked).toEqual(["static-256"]);
  });

  test.each<[string, number, number]>([
    ["up to the limit in the process", 3, 0],
    ["beyond it in the store", 2, 1],
  ])("%s", async (_, processUpTo, opened) => {
    const asked: string[] = [];
    const hits = await searchPlaced(finding(asked), processUpTo);
    expect(hits).toBe(3);
    expect(asked).toHaveLength(opened);
  });

  test("a store that wants to be asked is not, however large the scope", async () => {
    const asked: string[] = [];
    expect(await searchPlaced({ ...finding(asked), indexOnRequest: true }, 2)).toBe(3);
    expect(asked).toEqual([]);
  });

  test.each<[string, number, string[]]>([
    [
      "while the store takes it in, a scope that has grown large is searched in the process",
      2,
      ["no", "yes", "search"],
    ],
    ["a scope too large for that waits for the store", 0, ["search", "search"]],
  ])("%s", async (_, processUpTo, expected) => {
    const asked: string[] = [];
    const plain = findingStore(createMemoryStore());
    const answers = ["no", "yes"];
    const store: Store = {
      ...plain,
      async openIndex(space) {
        const opened = await plain.openIndex?.(space);
        if (opened?.finds !== "candidates") throw new Error("It finds candidates.");
        const { candidates } = opened;
        return {
          finds: "candidates",
          candidates: {
            ...candidates,
            async prepared() {
              const answer = answers.shift() ?? "again";
              asked.push(answer);
              return answer === "yes";
            },
            sample(scope, limits) {
              asked.push("search");
              return candidates.sample(scope, limits);
            },
          },
        };
      },
    };
    expect(await searchPlaced(store, processUpTo)).toBe(3);
    expect(asked).toEqual(expected);
  });

  test("a large scope of a store that cannot find is searched in the process, which is said once", async () => {
    const warnings: unknown[] = [];
    const store: Store = {
      ...createMemoryStore(),
      openIndex: () => Promise.reject(new UnsupportedError("The extension vector is missing.")),
    };
    expect(await searchPlaced(store, 1, (fields) => warnings.push(fields))).toBe(3);
    expect(warnings).toEqual([{ reason: "The extension vector is missing." }]);
  });

  test.each<[string, Partial<Store>, string]>([
    ["finds nothing by itself", {}, "index: cannot be store: memory finds nothing by itself; use process"],
    [
      "lacks something",
      { openIndex: () => Promise.reject(new UnsupportedError("The extension vector is missing.")) },
      "index: cannot be store: The extension vector is missing.",
    ],
  ])("the wish for a store that %s is refused by name", async (_, part, message) => {
    const store = { ...createMemoryStore(), ...part };
    await expect(openMemory({ store, index: "store" })).rejects.toThrow(message);
  });

  test("an unknown place is refused, and two places at once", async () => {
    const store = createMemoryStore();
    const unknown = openMemory({ store, index: "moon" as IndexPlace });
    await expect(unknown).rejects.toThrow("index: must be one of auto, process, store");
    await expect(openMemory({ store, index: "store", vectors: "memory:" })).rejects.toThrow("give only one");
    await expect(openMemory({ store: "http://127.0.0.1:9", index: "store" })).rejects.toThrow(
      "the server's choice",
    );
  });
});

/** Searches three records twice; gives the hits of the last search. */
async function searchPlaced(
  store: Store,
  processUpTo: number,
  warn: (fields: unknown) => void = () => undefined,
): Promise<number> {
  const embedder = await createStaticEmbedder();
  const indexer = createIndexer(embedder);
  await using memory = await openMemory({ store, embedder });
  await memory.add(["Likes tea", "Likes cello", "Likes rain"].map((text) => ({ text })));
  const logger = { debug() {}, info() {}, warn, error() {} };
  const index = await createPlacedIndex("auto", { store, embedder, indexer, logger, processUpTo });
  const { recall } = createLocalRecall({ store, embedder, indexer, index });
  const request = {
    scope: { tenant: "default", namespace: null, userId: null, agentId: null, sessionId: null },
    filter: { form: "and", nodes: [] },
    now: "2030-01-01T00:00:00Z",
    text: "what does she like?",
    mode: "hybrid",
    limit: 10,
    offset: 0,
    recency: null,
    explain: false,
  } as const;
  await recall.search(request);
  return (await recall.search(request)).hits.length;
}
