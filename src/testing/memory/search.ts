import { expect } from "vitest";
import { RECALL_MODES } from "../../core/recall.ts";
import type { Memory } from "../../memory.ts";
import type { SearchHit, SearchOptions } from "../../operations.ts";
import { ODD_TEXTS } from "../odd-text.ts";
import { area } from "../suite.ts";
import { codeOf, fieldsOf, type MemoryFixture } from "./fixture.ts";

/** Each question shares its decisive words with one fact and with no other, so the right answer is beyond dispute. */
const FACTS: readonly (readonly [id: string, fact: string, question: string])[] = [
  [
    "seat",
    "Prefers an aisle seat on long flights",
    "Which seat does she want on the plane, aisle or window?",
  ],
  ["cat", "The cat is called Miso and only eats tuna", "What food does the cat eat, tuna?"],
  ["bread", "Learned to bake sourdough bread during the winter", "Who bakes sourdough bread?"],
  ["job", "Works as a nurse at the hospital in Hamburg", "At which hospital does the nurse work?"],
  ["allergy", "Is allergic to peanuts and carries an adrenaline pen", "Any allergy to peanuts?"],
  ["music", "Plays the cello in an amateur orchestra every Tuesday", "Which orchestra has the cello player?"],
  ["car", "Drives an old red Volvo to the mountains", "What colour is the old Volvo?"],
  ["language", "Studies Portuguese because of a trip to Lisbon", "Why study Portuguese for Lisbon?"],
];

async function addFacts(memory: Memory): Promise<void> {
  await memory.add(FACTS.map(([id, text]) => ({ id, text })));
}

const idsOf = (hits: readonly SearchHit[]) => hits.map(({ id }) => id);

function expectScores(hits: readonly SearchHit[]): void {
  const scores = hits.map(({ score }) => score);
  for (const score of scores) expect(score >= 0 && score <= 1, `score ${score}`).toBe(true);
  expect(scores).toEqual(scores.toSorted((left, right) => right - left));
}

export const recall = area<MemoryFixture>("search", (verifies) => {
  for (const mode of RECALL_MODES) {
    verifies("search.relevant", `finds the right record first, ${mode}`, async ({ memory }) => {
      await addFacts(memory);
      for (const [id, , question] of FACTS) {
        const { hits, confidence } = await memory.search(question, { mode });
        expect(hits[0]?.id, question).toBe(id);
        expect(confidence >= 0 && confidence <= 1, `confidence ${confidence}`).toBe(true);
        expectScores(hits);
        for (const { distance } of hits) {
          if (mode === "keyword") expect(distance).toBeNull();
          else expect(distance !== null && distance >= 0 && distance <= 2, `distance ${distance}`).toBe(true);
        }
      }
    });
  }

  verifies("search.record", "gives whole records", async ({ memory }) => {
    await addFacts(memory);
    const [hit] = (await memory.search("cat tuna", { touch: false })).hits;
    const { score: _, distance: __, ...record } = hit as SearchHit;
    expect(record).toEqual(await memory.get("cat"));
  });

  verifies("search.keyword", "finds by words only what has one of them", async ({ memory }) => {
    await addFacts(memory);
    const { hits, total } = await memory.search("orchestra hospital", { mode: "keyword" });
    expect(idsOf(hits).sort()).toEqual(["job", "music"]);
    expect(total).toBe(2);
    const nothing = await memory.search("xylophone", { mode: "keyword" });
    expect(nothing).toEqual({ hits: [], total: 0, nextOffset: null, confidence: 0 });
  });

  verifies("search.filter-first", "filters before it ranks and cuts", async ({ memory }) => {
    const decoys = Array.from({ length: 60 }, (_, index) => ({
      text: `The cat Miso eats tuna, tuna and more tuna, said friend ${index}`,
      userId: "decoy",
      topics: ["decoy"],
    }));
    await memory.add(decoys);
    await memory.add(
      ["tea", "rain", "maps"].map((id) => ({ id, text: `Something about ${id}`, userId: "alice" })),
    );
    const wanted = ["maps", "rain", "tea"];
    const alice = memory.scope({ userId: "alice" });
    for (const mode of ["hybrid", "semantic"] as const) {
      const scoped = await alice.search("What does the cat eat, tuna?", { mode, limit: 3 });
      expect(idsOf(scoped.hits).sort()).toEqual(wanted);
      expect([scoped.total, scoped.nextOffset]).toEqual([3, null]);
      const filtered = await memory.search("tuna", {
        mode,
        limit: 3,
        filter: { topics: { none: ["decoy"] } },
      });
      expect(idsOf(filtered.hits).sort()).toEqual(wanted);
      expect(filtered.total).toBe(3);
    }
  });

  verifies("search.pages", "fills every page but the last and repeats nothing", async ({ memory }) => {
    await memory.add(
      Array.from({ length: 23 }, (_, index) => ({ text: `Visit ${index} to the cat shelter` })),
    );
    for (const mode of RECALL_MODES) {
      const whole = await memory.search("cat shelter", { mode, limit: 1000, touch: false });
      expect([whole.hits.length, whole.total, whole.nextOffset]).toEqual([23, 23, null]);
      const walked: SearchHit[] = [];
      const sizes: number[] = [];
      for (let offset: number | null = 0; offset !== null; ) {
        const page: Awaited<ReturnType<Memory["search"]>> = await memory.search("cat shelter", {
          mode,
          limit: 10,
          offset,
          touch: false,
        });
        walked.push(...page.hits);
        sizes.push(page.hits.length);
        expect(page.total).toBe(23);
        offset = page.nextOffset;
      }
      expect(sizes).toEqual([10, 10, 3]);
      expect(idsOf(walked)).toEqual(idsOf(whole.hits));
      expectScores(walked);
      expect((await memory.search("cat", { mode, offset: 23 })).hits).toEqual([]);
    }
  });

  verifies("search.ties", "breaks ties by id", async ({ memory }) => {
    const ids = ["d", "a", "c", "b"];
    await memory.add(ids.map((id) => ({ id, text: "The same words", userId: id })));
    for (const mode of RECALL_MODES) {
      const { hits } = await memory.search("same words", { mode });
      expect(idsOf(hits)).toEqual(["a", "b", "c", "d"]);
      expect(new Set(hits.map(({ score }) => score)).size).toBe(1);
    }
  });

  verifies("search.thresholds", "leaves out what scores too low or lies too far", async ({ memory }) => {
    await addFacts(memory);
    const question = "What food does the cat eat, tuna?";
    for (const mode of RECALL_MODES) {
      const all = await memory.search(question, { mode, limit: 100 });
      const bar = all.hits[0]?.score ?? 1;
      const some = await memory.search(question, { mode, limit: 100, minScore: bar });
      const expected = all.hits.filter(({ score }) => score >= bar);
      expect(idsOf(some.hits)).toEqual(idsOf(expected));
      expect(some.total).toBe(expected.length);
    }
    const { hits } = await memory.search(question, { mode: "semantic", limit: 100 });
    const far = hits[2]?.distance ?? 2;
    const near = await memory.search(question, { mode: "semantic", limit: 100, maxDistance: far });
    expect(idsOf(near.hits)).toEqual(idsOf(hits.slice(0, 3)));
  });

  verifies("search.explain", "explains a score on request", async ({ memory }) => {
    await addFacts(memory);
    for (const mode of RECALL_MODES) {
      const { hits } = await memory.search("cat tuna", { mode, explain: true });
      const explanation = hits[0]?.explanation;
      expect(Object.keys(explanation?.parts ?? {}).length).toBeGreaterThan(0);
      expect(explanation?.matched ?? []).toEqual(mode === "semantic" ? [] : ["cat", "tuna"]);
      expect(explanation?.similarity === null).toBe(mode === "keyword");
      expect(explanation?.words === null).toBe(mode === "semantic");
      const plain = await memory.search("cat tuna", { mode });
      expect(plain.hits.every((hit) => !("explanation" in hit))).toBe(true);
    }
  });
});

export const recallOfChanges = area<MemoryFixture>("search after changes", (verifies) => {
  verifies("search.fresh", "sees at once what any handle has written", async (fixture) => {
    const { memory } = fixture;
    const other = await fixture.another();
    for (const [id, text, question] of FACTS) {
      const [writer, reader] = id.length % 2 === 0 ? [memory, other] : [other, memory];
      await writer.add({ id, text });
      for (const handle of [reader, writer]) expect((await handle.search(question)).hits[0]?.id).toBe(id);
    }
    await other.delete("cat");
    expect(idsOf((await memory.search("cat tuna", { limit: 100 })).hits)).not.toContain("cat");
  });

  verifies("search.deleted", "never finds what was deleted", async ({ memory }) => {
    await addFacts(memory);
    await memory.delete(["cat", "seat"]);
    for (const mode of RECALL_MODES) {
      const { hits, total } = await memory.search("cat tuna aisle seat", { mode, limit: 100 });
      expect(idsOf(hits)).not.toContain("cat");
      expect(idsOf(hits)).not.toContain("seat");
      expect(total).toBe(hits.length);
    }
    await memory.add({ id: "cat", text: "The cat is called Miso and only eats tuna" });
    expect((await memory.search("cat tuna")).hits[0]?.id).toBe("cat");
  });

  verifies("search.updated", "finds an update by its new words and not by its old", async ({ memory }) => {
    await addFacts(memory);
    await memory.search("cat tuna");
    await memory.update("cat", { text: "The parrot is called Kiwi and loves mango" });
    expect((await memory.search("parrot mango", { mode: "keyword" })).hits[0]?.id).toBe("cat");
    expect((await memory.search("tuna", { mode: "keyword" })).hits).toEqual([]);
    const [first] = (await memory.search("Which fruit does the parrot love, mango?")).hits;
    expect(first).toMatchObject({ id: "cat", version: 2, text: "The parrot is called Kiwi and loves mango" });
    await memory.update("cat", { userId: "alice" });
    expect((await memory.scope({ userId: "bob" }).search("parrot")).hits).toEqual([]);
    expect((await memory.scope({ userId: "alice" }).search("parrot")).hits).toHaveLength(1);
  });

  verifies("search.reopened", "finds the same after opening again", async (fixture) => {
    await addFacts(fixture.memory);
    const search = async (memory: Memory) =>
      (await memory.search("Who bakes sourdough bread?", { touch: false })).hits.map(({ id, score }) => [
        id,
        score,
      ]);
    const before = await search(fixture.memory);
    expect(await search(await fixture.reopen())).toEqual(before);
  });

  verifies.moving(
    "search.touch",
    "counts an access of what it found, unless told not to",
    async (fixture) => {
      const { memory } = fixture;
      await memory.add([
        { id: "a", text: "found" },
        { id: "b", text: "missed", userId: "bob" },
      ]);
      fixture.advance(3600);
      await memory.search("found", { touch: false });
      expect((await memory.get("a"))?.accessCount).toBe(0);
      await memory.search("found", { filter: { userId: null } });
      const touched = await eventually(memory, "a", (count) => count > 0);
      expect(touched).toMatchObject({ accessCount: 1, lastAccessedAt: fixture.now, version: 1 });
      expect((await memory.get("b"))?.accessCount).toBe(0);
    },
    async ({ memory }) => {
      await memory.add({ id: "a", text: "found", lastAccessedAt: "2020-01-01" });
      await memory.search("found", { touch: false });
      expect((await memory.get("a"))?.accessCount).toBe(0);
      await memory.search("found");
      expect(await eventually(memory, "a", (count) => count > 0)).toMatchObject({
        accessCount: 1,
        version: 1,
      });
    },
  );

  verifies("search.recency", "prefers the recent as much as asked", async ({ memory }) => {
    const old = { createdAt: "2020-01-01", lastAccessedAt: "2020-01-01" };
    await memory.add([
      { id: "old", text: "Had lunch in the harbour", ...old },
      { id: "new", text: "Had lunch" },
    ]);
    const search = async (recency?: SearchOptions["recency"]) =>
      idsOf(
        (await memory.search("lunch in the harbour", { touch: false, ...(recency && { recency }) })).hits,
      );
    expect(await search()).toEqual(["old", "new"]);
    expect(await search({ semanticWeight: 1, recencyWeight: 0 })).toEqual(["old", "new"]);
    expect(await search({ semanticWeight: 0.1, recencyWeight: 0.9 })).toEqual(["new", "old"]);
  });
});

export const recallInputs = area<MemoryFixture>("search input", (verifies) => {
  verifies("search.empty", "answers emptily where there is nothing", async ({ memory }) => {
    const nothing = { hits: [], total: 0, nextOffset: null, confidence: 0 };
    for (const mode of RECALL_MODES) expect(await memory.search("anything", { mode })).toEqual(nothing);
    await memory.add("something");
    expect(await memory.scope({ userId: "nobody" }).search("something")).toEqual(nothing);
  });

  verifies("search.any-text", "takes any well-formed query", async ({ memory }) => {
    await addFacts(memory);
    const queries = [
      ...ODD_TEXTS,
      "AND OR NOT NEAR",
      'id:"x" OR *',
      "(((",
      "-cat",
      `${"tuna ".repeat(20_000)}`,
    ];
    for (const query of queries) {
      for (const mode of RECALL_MODES) {
        const { hits } = await memory.search(query, { mode, limit: 3, touch: false });
        expectScores(hits);
        if (mode !== "keyword") expect(hits).toHaveLength(3);
      }
    }
  });

  verifies("search.odd-records", "finds records by odd words", async ({ memory }) => {
    const texts = [
      "naïve café déjà vu",
      "東京 で 会う",
      "Straße nach Łódź",
      "שלום עולם",
      "O'Reilly's C++ e-mail x_y@z.org",
    ];
    await memory.add(texts);
    for (const text of texts) expect((await memory.search(text)).hits[0]?.text).toBe(text);
  });

  verifies("search.refused", "refuses wrong options by name", async ({ memory }) => {
    await memory.add("something");
    const wrong: [object, string][] = [
      [{ mode: "psychic" }, "mode"],
      [{ limit: 0 }, "limit"],
      [{ limit: 1001 }, "limit"],
      [{ offset: -1 }, "offset"],
      [{ minScore: 2 }, "minScore"],
      [{ maxDistance: 1 }, "maxDistance"],
      [{ mode: "semantic", maxDistance: 3 }, "maxDistance"],
      [{ hybridAlpha: -0.1 }, "hybridAlpha"],
      [{ validAt: "soon" }, "validAt"],
      [{ recency: { halfLifeCreatedDays: -1 } }, "recency.halfLifeCreatedDays"],
    ];
    for (const [options, field] of wrong)
      expect(await fieldsOf(memory.search("x", options as SearchOptions)), field).toEqual([field]);
    expect(await codeOf(memory.search(undefined as unknown as string))).toBe("invalid_input");
  });
});

/** Reads until a background count has arrived; gives up after so many reads that it never will. */
async function eventually(memory: Memory, id: string, arrived: (accessCount: number) => boolean) {
  for (let reads = 0; reads < 50_000; reads++) {
    const record = await memory.get(id);
    if (record === null || arrived(record.accessCount)) return record;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return memory.get(id);
}
